"""The life of channels: confirmed, replaced, given up, unanswered, adopted, stopped, or not."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise

import pytest

from functions.domain.errors import (
    BadAddress,
    ChannelExists,
    RateLimited,
    Refused,
    Trouble,
    Unanswered,
    Unavailable,
    Unwatchable,
)
from functions.domain.keyring import Ring
from functions.domain.model import ChannelState, Verdict
from functions.sources.call import Call
from functions.terms import Terms
from tests.world.ports import START, key, older
from tests.world.system import ADDRESS, ANA, SECOND, TICK, System

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
LIVE, RETIRING = ChannelState.LIVE, ChannelState.RETIRING
DENIED = Refused("403 forbidden", Verdict.UNAUTHORIZED)
LATER = Unavailable("503 backendError")


def states(system: System) -> list[ChannelState]:
    """List the states of the channels that are not closed, oldest first."""
    return [channel.state for channel in system.channels()]


# --- renewal --------------------------------------------------------------------------------------


def test_channel_is_replaced_within_a_day_without_a_gap(system: System) -> None:
    """However long it would live, it is replaced within 24 h; the old one is stopped after that."""
    system.begin()
    (first,) = system.channels()
    assert first.life > 6 * DAY
    system.pass_time(DAY)
    (second,) = system.channels()
    assert second.id != first.id
    assert DAY * 0.85 <= second.opened_at - first.opened_at <= DAY
    assert [channel.ask.id for channel in system.near.alive()] == [second.id]
    assert system.progress().uncovered_seconds == 0


def test_old_channel_is_stopped_only_after_the_new_one_is_confirmed(system: System) -> None:
    """Coverage without a gap: as long as the new channel is silent the old one stays."""
    system.begin()
    (first,) = system.channels()
    system.near.world.faults.set("drop", state="sync")
    system.pass_time(DAY)
    assert first.id in [channel.ask.id for channel in system.near.alive()]
    assert system.near.count("*.stop") >= 1  # those given up
    system.near.world.faults.remove()
    system.pass_time(6 * HOUR)
    assert states(system) == [LIVE]
    assert first.id not in [channel.ask.id for channel in system.near.alive()]
    assert system.progress().uncovered_seconds == 0


@pytest.mark.parametrize("life", [timedelta(minutes=10), HOUR, 6 * HOUR])
def test_expiration_is_planned_from_what_google_granted(system: System, life: timedelta) -> None:
    """Asked for days and granted hours, it is replaced by a fraction of what was granted."""
    system.near.world.options.max_life = life.total_seconds()
    system.begin()
    (first,) = system.channels()
    assert first.life <= life < first.asked_until - first.opened_at
    system.pass_time(life * 0.5 + 2 * TICK)
    (second,) = system.channels()
    assert second.id != first.id
    assert second.opened_at - first.opened_at <= life * 0.5 + TICK
    system.pass_time(3 * life)
    assert system.progress().uncovered_seconds == 0


def test_ttl_is_the_life_that_is_asked_for(system: System) -> None:
    """`ttl` of the declaration is asked of Google, in whole milliseconds."""
    system.begin(ttl="2h")
    (channel,) = system.channels()
    assert channel.life == 2 * HOUR


def test_renewal_never_touches_the_cursor(system: System) -> None:
    """Only `sync` moves a cursor; a new channel is opened with the stored one."""
    system.begin(poll="2d")
    cursor = system.progress().cursor
    system.near.world.faults.set("drop", state="change")
    system.drive.create(ANA, name="unread")
    seen: list[str | None] = []
    system.near.between = lambda call: seen.append(
        call.params.get("pageToken") if call.once else None
    )
    system.next_tick, before = None, system.clock.now()
    system.clock.move(DAY)
    system.tick()
    assert system.clock.now() - before == DAY
    assert cursor in seen
    assert system.progress().cursor == cursor


def test_renewals_of_many_are_spread(system: System) -> None:
    """Channels opened in one tick are not all replaced in one tick."""
    watch = {"source": "drive.changes", "subject": ANA, "poll": "2d"}
    system.declare(**{f"w{number}": watch for number in range(20)})
    system.pass_time(3 * TICK)
    system.pass_time(DAY)
    opened = {channel.opened_at for n in range(20) for channel in system.channels(f"w{n}")}
    assert len(opened) > 10


# --- confirmation ---------------------------------------------------------------------------------


def test_any_message_confirms_when_sync_is_lost(system: System) -> None:
    """Google loses `sync` messages, too: the first message of any state confirms."""
    system.near.world.faults.set("drop", state="sync")
    system.begin()
    assert system.channels()[0].confirmed_at is None
    system.drive.create(ANA, name="a")
    system.pass_time(SECOND)
    assert system.channels()[0].confirmed_at is not None
    assert system.sink.kinds() == ["file.created"]


def test_silent_channel_is_given_up_and_another_opened_with_back_off(system: System) -> None:
    """Unconfirmed after 5 minutes it is stopped, then another is opened, later each time."""
    system.near.world.faults.set("drop")
    system.begin()
    (first,) = system.channels()
    system.pass_time(5 * TICK)
    assert first.id not in [channel.ask.id for channel in system.near.alive()]
    opened: list[float] = []
    for _ in range(12 * 60):
        system.pass_time(TICK)
        opened += [
            (channel.opened_at - START).total_seconds()
            for channel in system.channels()
            if (channel.opened_at - START).total_seconds() not in opened
        ]
        assert len(system.near.alive()) <= 1
    gaps = [later - earlier for earlier, later in pairwise(opened)]
    assert gaps[0] < 10 * 60
    assert gaps == sorted(gaps)
    assert 2 * 3600 < gaps[-1] < 6.2 * 3600


def test_short_life_is_given_up_sooner(system: System) -> None:
    """A fifth of the granted life, if that is less than 5 minutes; the back-off in proportion."""
    system.near.world.options.max_life = 600
    system.near.world.faults.set("drop")
    system.begin()
    (first,) = system.channels()
    system.pass_time(2 * TICK)
    assert first.id not in [channel.ask.id for channel in system.near.alive()]
    assert len(system.near.alive()) == 1


def test_an_older_live_channel_stays_and_never_more_than_two_live(system: System) -> None:
    """While new ones are silent the old one covers; each given up is stopped before a third."""
    system.begin()
    (first,) = system.channels()
    system.near.world.faults.set("drop", state="sync")
    most: list[int] = []
    system.watching = lambda: most.append(len(system.near.alive()))
    system.pass_time(2 * DAY)
    assert max(most) == 2
    assert first.id in [channel.ask.id for channel in system.near.alive()]
    assert system.near.count("*.stop") >= 3
    assert system.progress().uncovered_seconds == 0


def test_given_up_channel_that_cannot_be_stopped_yet_blocks_a_third(system: System) -> None:
    """Its stop fails again and again: no third channel is opened until it is gone."""
    system.begin()
    system.near.world.faults.set("drop", state="sync")
    for _ in range(40):
        system.near.refuse("*.stop", LATER)
    most: list[int] = []
    system.watching = lambda: most.append(len(system.near.alive()))
    system.pass_time(DAY + 2 * HOUR)
    assert max(most) == 2
    assert system.near.count("*.stop") > 3


# --- opening --------------------------------------------------------------------------------------


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
    assert states(system) == [LIVE]


def test_unanswered_channel_is_waited_for_a_minute_then_another_opened(system: System) -> None:
    """Without answer or message it stays `retiring` until its asked expiration; another opens."""
    system.near.refuse("*.watch", Unanswered("timeout"))  # never got there
    system.declare(ana={"source": "drive.changes", "subject": ANA, "ttl": "3h"})
    system.pass_time(TICK + SECOND)
    (lost,) = system.channels()
    assert lost.state is ChannelState.OPENING
    system.pass_time(TICK)
    assert states(system) == [RETIRING, LIVE]
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
    assert states(system).count(RETIRING) == 1


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
    assert states(system) == [LIVE]
    assert len(system.near.alive()) == 1


def test_refused_channel_is_asked_for_later(system: System) -> None:
    """A refusal is remembered: the next try comes after a wait, the refused one is closed."""
    for _ in range(3):
        system.near.refuse("*.watch", BadAddress("400 push.webhookUrlNotHttps"))
    system.declare(ana={"source": "drive.changes", "subject": ANA})
    system.pass_time(3 * TICK)
    assert system.near.count("*.watch") == 2
    assert system.channels() == []
    assert "webhookUrl" in system.progress().open_reason
    system.pass_time(10 * TICK)
    assert system.near.count("*.watch") == 4
    assert states(system) == [LIVE]
    assert system.progress().open_reason == ""
    assert system.progress().verdict is Verdict.OK


def test_rate_limit_on_channels_waits_as_google_asks(system: System) -> None:
    """Google's word is kept, even over a restart; other back-offs end with one."""
    system.near.refuse("*.watch", RateLimited("403", 2 * HOUR, asked=True))
    system.declare(ana={"source": "drive.changes", "subject": ANA})
    system.pass_time(HOUR)
    system.declare(ana={"source": "drive.changes", "subject": ANA})  # a new revision
    system.pass_time(30 * TICK)
    assert system.near.count("*.watch") == 1
    system.pass_time(HOUR)
    assert states(system) == [LIVE]


def test_unwatchable_resource_is_polled_with_the_same_output(system: System) -> None:
    """It is not parked: no trouble is told, changes are; Google is asked again a day later."""
    system.near.refuse("*.watch", Unwatchable("400 pushNotSupportedForRequestedResource"))
    system.begin()
    assert system.progress().verdict is Verdict.UNWATCHABLE
    system.drive.create(ANA, name="a")
    system.pass_time(HOUR)
    assert system.sink.kinds() == ["file.created"]
    assert system.sink.troubles() == []
    assert system.progress().verdict is Verdict.UNWATCHABLE
    system.pass_time(19 * HOUR)
    assert system.near.count("*.watch") <= 2
    system.pass_time(6 * HOUR)
    assert system.progress().verdict is Verdict.OK
    assert states(system) == [LIVE]
    assert system.progress().uncovered_seconds == 0


def test_channel_of_an_outage_is_opened_soon_after(system: System) -> None:
    """A 503 at the first try costs a tick, not a back-off of minutes."""
    system.near.refuse("*.watch", LATER)
    system.begin()
    system.pass_time(TICK)
    assert states(system) == [LIVE]


# --- keys and addresses ---------------------------------------------------------------------------


def test_channel_of_a_withdrawn_key_is_replaced_at_once(system: System) -> None:
    """Its messages verify no more, so it covers nothing: within a tick another is opened."""
    system.begin()
    (first,) = system.channels()
    system.ring.held = Ring((key("k2"),))
    system.pass_time(TICK)
    (second,) = system.channels()
    assert (second.key_id, second.state) == ("k2", LIVE)
    assert [channel.ask.id for channel in system.near.alive()] == [second.id] != [first.id]
    assert 0 <= system.progress().uncovered_seconds <= 60


def test_rotation_refuses_no_live_channel(system: System) -> None:
    """A new key in front replaces nothing: channels of the older key live on until their time."""
    system.begin()
    (first,) = system.channels()
    system.ring.held = Ring((key("k2"), key("k1")))
    system.pass_time(HOUR)
    assert [channel.id for channel in system.channels()] == [first.id]
    system.pass_time(DAY)
    assert [channel.key_id for channel in system.channels()] == ["k2"]


def test_new_key_signs_ten_minutes_after_its_creation(system: System) -> None:
    """Receivers keep a ring for minutes: until then the older key signs; an only key at once."""
    system.ring.held = Ring((key("k2", created=START), key("k1")))
    watch = {"source": "drive.changes", "subject": ANA}
    system.declare(ana=watch)
    system.pass_time(3 * TICK)
    system.declare(ana=watch, late=watch)
    system.pass_time(10 * TICK)
    system.declare(ana=watch, late=watch, later=watch)
    system.pass_time(3 * TICK)
    signers = {name: system.channels(name)[0].key_id for name in ("ana", "late", "later")}
    assert signers == {"ana": "k1", "late": "k1", "later": "k2"}


def test_only_key_signs_at_once(system: System) -> None:
    """There is no other."""
    system.ring.held = Ring((key("new", created=START + DAY),))
    system.begin()
    assert [channel.key_id for channel in system.channels()] == ["new"]


def test_unreadable_ring_judges_no_channel(system: System) -> None:
    """An outage of the ring replaces nothing and opens nothing; pulls go on."""
    system.begin(poll="1m")
    (first,) = system.channels()
    system.ring.held = None
    system.pass_time(10 * TICK)
    assert [channel.id for channel in system.channels()] == [first.id]
    system.near.world.faults.set("drop")
    system.drive.create(ANA, name="a")
    system.pass_time(2 * TICK)
    assert system.sink.kinds() == ["file.created"]
    system.ring.held = Ring((older(key("k1"), DAY),))
    system.pass_time(2 * TICK)
    assert [channel.id for channel in system.channels()] == [first.id]


def test_watch_declared_during_an_outage_of_the_ring_is_opened_after_it(system: System) -> None:
    """Without a key no token can be made: the channel waits, the watch is polled meanwhile."""
    system.ring.held = None
    system.begin(poll="1m")
    system.drive.create(ANA, name="a")
    system.pass_time(2 * TICK)
    assert (system.sink.kinds(), system.channels()) == (["file.created"], [])
    system.ring.held = Ring((key("k1"),))
    system.pass_time(2 * TICK)
    assert states(system) == [LIVE]


def test_changed_address_replaces_every_channel_at_once(system: System) -> None:
    """A tunnel's new URL: channels for the old one cover nothing and are stopped."""
    system.begin()
    (first,) = system.channels()
    system.terms = Terms(address="https://new.example.com/receive", short_polls=True)
    system.pass_time(TICK)
    (second,) = system.channels()
    assert (second.address, second.state) == ("https://new.example.com/receive", LIVE)
    assert second.confirmed_at is not None
    assert [channel.ask.id for channel in system.near.alive()] == [second.id] != [first.id]


# --- stopping -------------------------------------------------------------------------------------


def test_channel_unknown_to_google_counts_as_stopped(system: System) -> None:
    """A stop answered 404 is a stop: nothing is left to be ended."""
    system.begin()
    system.near.refuse("*.stop", Refused("404 channelNotFound", Verdict.NOT_FOUND), done=True)
    system.declare()
    system.pass_time(3 * TICK)
    assert system.channels() == []
    assert system.near.count("*.stop") == 1


def test_failed_stop_is_repeated_with_back_off(system: System) -> None:
    """Google's outage leaves the channel `retiring`; the stop is tried again until it is done."""
    system.begin()
    for _ in range(3):
        system.near.refuse("*.stop", LATER)
    system.declare()
    system.pass_time(TICK)
    assert states(system) == [RETIRING]
    system.pass_time(10 * TICK)
    assert (system.channels(), system.near.alive()) == ([], [])
    assert system.near.count("*.stop") == 4


def test_channel_that_cannot_be_stopped_stays_as_a_tombstone(system: System) -> None:
    """Access is gone: its record stays until its expiration; its messages lead to nothing."""
    system.begin(ttl="6h")
    (channel,) = system.channels()
    system.near.world.access.revoke(ANA)
    system.declare()
    system.pass_time(HOUR)
    assert states(system) == [RETIRING]
    assert system.near.count("*.stop") == 1
    calls = len(system.near.calls)
    system.drive.create(ANA, name="a")
    assert system.deliver() == 1  # answered 204
    system.settle()
    assert (len(system.near.calls), system.sink.told) == (calls, [])
    system.pass_time(5 * HOUR)
    assert system.channels() == []
    record = system.sqlite.channel(channel.id)
    assert record is not None
    assert record.state is ChannelState.CLOSED


def test_messages_after_a_stop_change_nothing(system: System) -> None:
    """A few more come after a stop: each is a pull, none revives the channel."""
    system.begin()
    (first,) = system.channels()
    system.near.world.faults.set("after_stop", count=3, target=first.id)
    system.pass_time(DAY)
    for number in range(3):
        system.drive.create(ANA, name=str(number))
        system.pass_time(3 * SECOND)
    assert states(system) == [LIVE]
    assert system.sink.kinds() == ["file.created"] * 3
    assert system.near.count("*.stop") == 1


# --- adoption -------------------------------------------------------------------------------------


def test_channel_without_a_record_is_adopted_and_stopped_in_order(system: System) -> None:
    """Our record is lost, its token verifies: it is stopped, once a regular one is confirmed."""
    system.begin()
    (lost,) = system.channels()
    with system.sqlite._file.writing() as file:
        file.execute("DELETE FROM channels")
    system.near.world.faults.set("drop", state="sync", times=2)
    file_ = system.drive.create(ANA, name="a")
    system.pass_time(2 * TICK)
    adopted = system.sqlite.channel(lost.id)
    assert adopted is not None
    assert (adopted.state, adopted.confirmed_at) == (RETIRING, None)
    assert lost.id in [channel.ask.id for channel in system.near.alive()]
    assert system.sink.kinds(file_.id) == ["file.created"]
    system.near.world.faults.remove()
    system.pass_time(10 * TICK)
    assert states(system) == [LIVE]
    assert lost.id not in [channel.ask.id for channel in system.near.alive()]
    assert len(system.near.alive()) == 1


def test_lost_store_finds_its_channels_again(system: System) -> None:
    """All but the declarations is gone: the watch starts anew, its old channel is stopped."""
    system.begin()
    with system.sqlite._file.writing() as file:
        for table in ("channels", "progress", "seen"):
            file.execute(f"DELETE FROM {table}")  # noqa: S608 - three names of ours
    system.drive.create(ANA, name="a")
    system.pass_time(20 * TICK)
    assert states(system) == [LIVE]
    assert len(system.near.alive()) == 1


def test_refused_channel_that_came_to_be_all_the_same_is_stopped(system: System) -> None:
    """Google answered with an error, yet a message comes: it is adopted and stopped."""
    system.near.refuse("*.watch", LATER, done=True)
    system.near.world.faults.set("delay", state="sync", seconds=70, times=1)
    system.begin()
    system.pass_time(5 * TICK)
    assert states(system) == [LIVE]
    assert len(system.near.alive()) == 1
    assert system.near.count("*.watch") == 2


def test_message_of_an_undeclared_watch_leads_to_nothing(system: System) -> None:
    """Nothing is known of the watch any more: 204, and no call, no write, no error."""
    system.begin()
    system.near.world.access.revoke(ANA)
    system.declare()
    system.pass_time(TICK)
    system.sqlite.sweep(system.clock.now() + 31 * DAY)
    calls = len(system.near.calls)
    system.drive.create(ANA, name="a")
    assert system.deliver() == 1
    assert system.work() == 1
    assert len(system.near.calls) == calls
    assert system.journal.decisions()[-1] == "not declared"
    assert system.sqlite.progress("ana") is None


# --- coverage -------------------------------------------------------------------------------------


def test_time_without_coverage_is_counted(system: System) -> None:
    """From the first confirmation on, until another channel is confirmed."""
    system.near.world.options.max_life = 3600
    system.begin()
    (channel,) = system.channels()
    for _ in range(200):
        system.near.refuse("*.watch", LATER)
    system.pass_time(channel.ends_at - system.clock.now() + HOUR)
    system.near._refusals.clear()
    system.pass_time(16 * TICK)
    assert states(system) == [LIVE]
    covered_again = system.channels()[0].confirmed_at
    assert covered_again is not None
    gap = (covered_again - channel.ends_at).total_seconds()
    assert system.progress().uncovered_seconds == pytest.approx(gap, abs=2)


def test_nothing_is_counted_before_the_first_confirmation(system: System) -> None:
    """A watch that never had a channel is not yet covered; that is no gap."""
    system.near.world.faults.set("drop")
    system.begin()
    system.pass_time(HOUR)
    assert system.progress().uncovered_seconds == 0


@pytest.mark.parametrize("why", ["paused", "parked", "push"])
def test_time_that_wants_no_channel_is_not_counted(system: System, why: str) -> None:
    """Paused, parked, or not to be pushed: being without a channel is no gap then."""
    system.near.world.options.max_life = 3600
    system.begin()
    watch = {"source": "drive.changes", "subject": ANA}
    if why == "parked":
        system.near.world.access.revoke(ANA)
        system.declare(ana=watch)
    else:
        changed = {"paused": True} if why == "paused" else {"push": False}
        system.declare(ana={**watch, **changed})
    system.pass_time(5 * HOUR + 7 * TICK)
    system.near.world.access.restore(ANA)
    system.declare(ana=watch)
    system.pass_time(10 * TICK)
    assert states(system) == [LIVE]
    assert system.progress().uncovered_seconds <= 120


def test_address_given_to_google_is_todays(system: System) -> None:
    """The record names key and address it was opened with."""
    system.begin()
    (channel,) = system.channels()
    assert (channel.address, channel.key_id) == (ADDRESS, "k1")
    assert system.near.alive()[0].ask.address == ADDRESS
