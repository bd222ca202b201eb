"""A clock that jumps an hour, forwards or backwards, costs time, never a change nor a channel."""

from __future__ import annotations

from datetime import timedelta

import pytest

from functions.domain.errors import Unavailable
from functions.domain.model import ChannelState
from tests.world.system import ANA, SECOND, TICK, System
from tests.world.tripwire import Crash

HOUR = timedelta(hours=1)
JUMPS = pytest.mark.parametrize("jump", [HOUR, -HOUR], ids=["forwards", "backwards"])


def leap(system: System, jump: timedelta) -> None:
    """Set our clock, and not Google's; whoever schedules by another clock goes on as before."""
    system.clock.move(jump)
    system.near.skew -= jump
    if system.next_tick is not None:
        system.next_tick += jump
    for waiting in system.queue.waiting:
        waiting.due += jump
    for letter in system.near.mail.letters:
        letter.due += jump


@JUMPS
def test_notifications_go_on_counting(system: System, jump: timedelta) -> None:
    """After the jump each message still leads to its change within seconds."""
    system.begin()
    system.drive.create(ANA, name="before")
    system.pass_time(5 * SECOND)
    leap(system, jump)
    for number in range(5):
        system.drive.create(ANA, name=str(number))
        system.pass_time(5 * SECOND)
        assert len(system.sink.told) == number + 2
    assert system.sink.kinds() == ["file.created"] * 6


@JUMPS
def test_jump_and_return_lose_nothing(system: System, jump: timedelta) -> None:
    """There and back, as a clock that is corrected: messages count at once, polls go on."""
    system.begin(poll="10m")
    leap(system, jump)
    system.drive.create(ANA, name="amid")
    system.pass_time(5 * TICK)
    leap(system, -jump)
    system.drive.create(ANA, name="after")
    system.pass_time(5 * SECOND)
    assert system.sink.kinds() == ["file.created"] * 2
    system.near.world.faults.set("drop")
    system.drive.create(ANA, name="unheard")
    system.pass_time(HOUR + 15 * TICK)
    assert system.sink.kinds() == ["file.created"] * 3


@JUMPS
def test_channel_is_kept_or_replaced_but_never_missing(system: System, jump: timedelta) -> None:
    """A day later one channel is live and confirmed, and no other lives at Google."""
    system.begin()
    system.pass_time(11 * HOUR)
    leap(system, jump)
    system.pass_time(24 * HOUR)
    live = [c for c in system.channels() if c.state is ChannelState.LIVE]
    assert [channel.ask.id for channel in system.near.alive()] == [channel.id for channel in live]
    assert len(live) == 1
    assert live[0].confirmed_at is not None
    assert live[0].opened_at > system.clock.now() - 24 * HOUR


def test_channels_that_seem_over_at_once_are_not_asked_for_again_and_again(system: System) -> None:
    """A clock an hour ahead of lives of half an hour: back-off and polls, until it is right."""
    system.near.world.options.max_life = 1800
    system.begin(poll="5m")
    leap(system, HOUR)
    opened = system.near.count("*.watch")
    system.drive.create(ANA, name="polled")
    system.pass_time(2 * HOUR)
    assert system.sink.kinds() == ["file.created"]
    assert system.near.count("*.watch") - opened <= 8
    assert "clock" in system.progress().open_reason
    leap(system, -HOUR)
    system.pass_time(3 * HOUR)
    assert [channel.state for channel in system.channels()] == [ChannelState.LIVE]
    system.drive.create(ANA, name="a")
    system.pass_time(5 * SECOND)
    assert system.sink.kinds() == ["file.created"] * 2


@JUMPS
def test_lease_of_a_dead_pull_ends_all_the_same(system: System, jump: timedelta) -> None:
    """Taken before the jump by somebody who died: it holds nobody up for an hour."""
    system.begin()
    system.wire.after("google.call", _die)
    system.drive.create(ANA, name="a")
    system.deliver()
    job = system.queue.take()
    assert job is not None
    with pytest.raises(Crash):
        system.sync(job)
    leap(system, jump)
    system.drive.create(ANA, name="b")
    system.pass_time(7 * TICK)
    assert system.sink.kinds() == ["file.created"] * 2


def test_back_off_is_not_prolonged_for_long(system: System) -> None:
    """Set back by an hour, a wait of seconds is over after that hour at the latest."""
    system.begin(poll="1m")
    system.near.refuse("drive.changes.list", Unavailable("503 backendError"))
    system.drive.create(ANA, name="a")
    system.pass_time(SECOND)
    leap(system, -HOUR)
    system.pass_time(HOUR + 2 * TICK)
    assert system.sink.kinds() == ["file.created"]


def test_comparison_goes_on_after_a_jump_backwards(system: System) -> None:
    """Compared "in the future" is not compared: a removal without a revision is still found."""
    system.begin()
    system.pass_time(5 * TICK)
    leap(system, -HOUR)
    revision = system.sqlite.revision()
    assert revision is not None
    system.sqlite.declare({}, revision=revision)
    system.pass_time(16 * TICK)
    assert system.near.alive() == []


def _die() -> None:
    raise Crash
