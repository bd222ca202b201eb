"""Google is asked for a channel: its answer may be late, lost, or overtaken by a message."""

from __future__ import annotations

from datetime import timedelta

import pytest

from functions.domain.errors import (
    ChannelExists,
    Refused,
    Trouble,
    Unanswered,
    Unavailable,
)
from functions.domain.model import ChannelState, Verdict
from functions.sources.call import Call
from tests.world.ports import START
from tests.world.system import ANA, SECOND, TICK, System

LIVE, RETIRING = ChannelState.LIVE, ChannelState.RETIRING
DENIED = Refused("403 forbidden", Verdict.UNAUTHORIZED)
LATER = Unavailable("503 backendError")


def test_channel_is_recorded_before_google_is_asked(system: System) -> None:
    """While Google works on the call there is a record `opening`, named by the progress."""
    seen: list[tuple[list[ChannelState], bool]] = []

    def look(call: Call) -> None:
        if call.once:
            (channel,) = system.channels()
            named = system.progress().opening == channel.id
            seen.append(([channel.state], named))

    system.near.between = look
    system.begin()
    assert seen == [([ChannelState.OPENING], True)]
    assert system.progress().opening is None


def test_sync_message_may_come_before_the_answer(system: System) -> None:
    """The first message completes the record; the answer then changes nothing of it."""
    system.near.between = lambda call: system.settle() if call.once else None
    system.begin()
    (channel,) = system.channels()
    assert (channel.state, channel.confirmed_at) == (LIVE, START + TICK)
    assert channel.expiration == START + TICK + timedelta(days=7)
    assert system.near.count("*.watch") == 1


@pytest.mark.parametrize("trouble", [LATER, Unanswered("reset"), DENIED], ids=str)
def test_error_after_the_sync_message_does_not_lose_the_channel(
    system: System, trouble: Trouble
) -> None:
    """A channel that was heard of exists, whatever the answer to its `watch` says."""
    system.near.between = lambda call: system.settle() if call.once else None
    system.near.refuse("*.watch", trouble, done=True)
    system.begin()
    (channel,) = system.channels()
    assert (channel.state, channel.resource_id is not None) == (LIVE, True)
    assert system.near.count("*.watch") == 1
    system.declare()
    system.pass_time(2 * TICK)
    assert system.near.alive() == []


def test_lost_answer_is_completed_by_the_first_message(system: System) -> None:
    """Google opened it but its answer was lost: headers give resource id and expiration."""
    system.near.refuse("*.watch", Unanswered("reset"), done=True)
    system.begin()
    (channel,) = system.channels()
    assert (channel.state, channel.resource_id is not None) == (LIVE, True)
    assert channel.expiration is not None
    assert system.near.count("*.watch") == 1
    assert [each.ask.id for each in system.near.alive()] == [channel.id]


def test_watch_is_never_resent(system: System) -> None:
    """An `opening` record whose id is taken means that the channel exists: it is waited for."""
    system.near.refuse("*.watch", ChannelExists("400 channelIdNotUnique"), done=True)
    system.begin()
    assert system.near.count("*.watch") == 1
    assert system.states() == [LIVE]


def test_unanswered_channel_is_waited_for_a_minute_then_another_opened(system: System) -> None:
    """Without answer or message it stays `retiring` until its asked expiration; another opens."""
    system.near.refuse("*.watch", Unanswered("timeout"))  # never got there
    system.declare(ana={"source": "drive.changes", "subject": ANA, "ttl": "3h"})
    system.pass_time(TICK + SECOND)
    (lost,) = system.channels()
    assert lost.state is ChannelState.OPENING
    system.pass_time(TICK)
    assert system.states() == [RETIRING, LIVE]
    assert system.channels()[1].opened_at - lost.opened_at <= TICK
    system.pass_time(lost.asked_until - system.clock.now() + 2 * TICK)
    assert lost.id not in [channel.id for channel in system.channels()]
    record = system.sqlite.channel(lost.id)
    assert record is not None
    assert (record.state, record.delete_at is not None) == (ChannelState.CLOSED, True)


def test_unanswered_channel_is_waited_for_a_tenth_of_a_short_life(system: System) -> None:
    """Where lives are short, so is the wait for an answer: a tenth of the life granted last."""
    system.near.world.options.max_life = 120
    system.begin()
    system.next_tick = None
    system.near.refuse("*.watch", Unanswered("timeout"))
    system.clock.move(60 * SECOND)
    system.tick()
    system.clock.move(12 * SECOND)
    system.tick()
    assert len(system.channels()) == 3
    assert system.states().count(RETIRING) == 1


def test_unanswered_channel_is_stopped_as_soon_as_a_message_names_it(system: System) -> None:
    """Its first message comes late and gives the resource id: it need not wait for a successor."""
    system.near.refuse("*.watch", Unanswered("timeout"), done=True)
    system.near.world.faults.set("delay", state="sync", seconds=150, times=1)
    system.declare(ana={"source": "drive.changes", "subject": ANA})
    system.pass_time(TICK + SECOND)
    system.near.world.faults.set("drop", state="sync")
    system.pass_time(TICK)
    (lost, second) = system.channels()
    assert (lost.state, lost.resource_id, second.state) == (RETIRING, None, LIVE)
    system.pass_time(2 * TICK)
    (second,) = system.channels()
    assert second.confirmed_at is None
    assert [channel.ask.id for channel in system.near.alive()] == [second.id] != [lost.id]


def test_late_answer_of_a_channel_let_go_names_it_too(system: System) -> None:
    """A second tick has given the wait up: the answer that comes then is used to stop it."""

    def slow(call: Call) -> None:
        if call.once and system.near.count("*.watch") == 1:
            system.clock.move(70 * SECOND)
            system.tick()

    system.near.world.faults.set("drop", state="sync", times=1)
    system.near.between = slow
    system.begin()
    system.pass_time(2 * TICK)
    assert system.near.count("*.watch") == 2
    assert system.states() == [LIVE]
    assert len(system.near.alive()) == 1
