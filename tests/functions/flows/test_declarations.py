"""What operators declare, and when it counts: edits, pauses, removals, returns."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from functions.domain.model import ChannelState
from tests.world.ports import START
from tests.world.system import ANA, SECOND, TICK, System

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
BEN = "ben@example.com"
WATCH = {"source": "drive.changes", "subject": ANA}
BASELINE = "drive.changes.getStartPageToken"


# --- edits ----------------------------------------------------------------------------------------


EDITS = pytest.mark.parametrize(
    "edit",
    [
        {"subject": BEN},
        {"source": "drive.files", "params": {"fileId": "FILE"}},
        {"params": {"spaces": "appDataFolder"}},
        {"source": "gmail.mailbox", "params": {}, "poll": "1m"},
    ],
    ids=["subject", "source", "params", "topic"],
)


@EDITS
@pytest.mark.parametrize("message", [True, False], ids=["message first", "tick first"])
def test_edited_watch_starts_anew(system: System, edit: dict[str, Any], *, message: bool) -> None:
    """A new baseline under its old id; its channel is stopped as whom it was opened as."""
    file = system.drive.create(ANA, name="watched", file_id="FILE")
    system.begin()
    (first,) = system.channels()
    baseline_at = system.progress().baseline_at
    system.declare(ana={**WATCH, **edit})
    if message:  # a job finds the edit before a tick does
        system.drive.create(ANA, name="before")
        system.settle()
    system.pass_time(4 * TICK)
    assert [channel.id for channel in system.channels() if channel.id == first.id] == []
    assert first.id not in [channel.ask.id for channel in system.near.alive()]
    assert ("drive.channels.stop", ANA) in system.near.calls
    if "gmail" not in str(edit):
        (second,) = system.channels()
        assert (second.state, second.subject) == (ChannelState.LIVE, edit.get("subject", ANA))
        assert [channel.ask.id for channel in system.near.alive()] == [second.id]
    assert (system.progress().baseline_at or START) > (baseline_at or START)
    assert file.id not in {event.subject for event in system.sink.told}
    assert system.sink.troubles() == []


@pytest.mark.parametrize(
    "edit",
    [
        {"poll": "2h"},
        {"ttl": "3h"},
        {"handle": [{"download": {"to": "file:///tmp/x"}}]},
        {"params": {}},
        {"params": {"spaces": "drive"}},
        {"managed_by": "terraform"},
    ],
    ids=["poll", "ttl", "handle", "no params", "default params", "managed_by"],
)
def test_other_keys_change_nothing_of_what_was_read(system: System, edit: dict[str, Any]) -> None:
    """Edits are compared after defaults are filled in; cursor, memory and channel stay."""
    system.begin()
    file = system.drive.create(ANA, name="a")
    system.pass_time(SECOND)
    before = system.progress()
    system.declare(ana={**WATCH, **edit})
    system.pass_time(3 * TICK)
    assert system.near.count(BASELINE) == 1
    assert system.progress().baseline_at == before.baseline_at
    assert len(system.channels()) == 1
    system.drive.update(file.id, name="b")
    system.pass_time(5 * SECOND)
    assert system.sink.kinds() == ["file.created", "file.updated"]
    assert system.sink.told[-1].data["seen_before"] is True


def test_push_turned_off_stops_the_channel_and_on_opens_one(system: System) -> None:
    """The cursor does not notice."""
    system.begin()
    system.declare(ana={**WATCH, "push": False})
    system.pass_time(2 * TICK)
    assert (system.channels(), system.near.alive()) == ([], [])
    file = system.drive.create(ANA, name="a")
    system.declare(ana=WATCH)
    system.pass_time(2 * TICK)
    assert [channel.state for channel in system.channels()] == [ChannelState.LIVE]
    assert system.sink.kinds(file.id) == ["file.created"]


def test_edit_amid_a_pull_is_not_lost(system: System) -> None:
    """The pull under way ends as what it was; the next one begins the new watch."""
    system.begin()
    system.drive.create(ANA, name="old")

    def edit(_: object) -> None:
        system.near.between = None
        system.declare(ana={**WATCH, "subject": BEN})
        system.tick()

    system.near.between = edit
    system.pass_time(5 * TICK)
    assert system.progress().subject == BEN
    file = system.drive.create(BEN, name="new")
    system.pass_time(5 * SECOND)
    assert system.sink.kinds(file.id) == ["file.created"]
    assert [event.account for event in system.sink.told] == [ANA, BEN]


# --- pauses ---------------------------------------------------------------------------------------


def test_paused_watch_has_no_channel_and_is_not_pulled(system: System) -> None:
    """Its cursor stays where it is, for as long as the pause lasts."""
    system.begin()
    cursor = system.progress().cursor
    system.declare(ana={**WATCH, "paused": True})
    system.pass_time(2 * TICK)
    assert (system.channels(), system.near.alive()) == ([], [])
    calls = len(system.near.calls)
    system.drive.create(ANA, name="a")
    system.pass_time(2 * DAY)
    assert len(system.near.calls) == calls
    assert system.progress().cursor == cursor


def test_unpaused_watch_is_pulled_at_once(system: System) -> None:
    """Everything that changed meanwhile is told on the same tick."""
    system.begin()
    system.declare(ana={**WATCH, "paused": True})
    system.pass_time(HOUR)
    file = system.drive.create(ANA, name="meanwhile")
    system.declare(ana=WATCH)
    system.pass_time(TICK)
    assert system.sink.kinds(file.id) == ["file.created"]
    system.pass_time(TICK)
    assert [channel.state for channel in system.channels()] == [ChannelState.LIVE]


def test_paused_watch_whose_access_is_gone_tries_to_stop_its_channel(system: System) -> None:
    """Parked first, then paused: the channel is not kept for a return that nobody will try."""
    system.begin()
    system.near.world.access.revoke(ANA)
    system.drive.create(ANA, name="a")
    system.pass_time(TICK)
    system.declare(ana={**WATCH, "paused": True})
    system.pass_time(2 * TICK)
    assert system.near.count("drive.channels.stop") >= 1


def test_message_on_a_paused_watch_leads_to_nothing(system: System) -> None:
    """One that was on its way is answered and acknowledged."""
    system.begin()
    system.near.world.faults.set("after_stop", count=5)
    system.declare(ana={**WATCH, "paused": True})
    system.pass_time(2 * TICK)
    calls = len(system.near.calls)
    system.drive.create(ANA, name="a")
    assert system.deliver() == 1
    assert system.work() == 1
    assert (len(system.near.calls), system.sink.told) == (calls, [])


# --- removals and returns -------------------------------------------------------------------------


def test_removed_watch_has_its_channels_stopped_at_once(system: System) -> None:
    """On the tick that learns of it; nothing of it is pulled or told any more."""
    system.begin()
    system.declare()
    system.pass_time(TICK)
    assert (system.channels(), system.near.alive()) == ([], [])
    calls = len(system.near.calls)
    system.drive.create(ANA, name="a")
    system.pass_time(2 * DAY)
    assert (len(system.near.calls), system.sink.told) == (calls, [])
    assert system.progress().due_at is None


def test_removal_amid_a_pull_is_not_undone_by_it(system: System) -> None:
    """The pull that was under way ends; the watch stays removed."""
    system.begin()

    def remove(_: object) -> None:
        system.near.between = None
        system.declare()
        system.tick()

    system.near.between = remove
    system.drive.create(ANA, name="a")
    system.pass_time(3 * HOUR)
    removed_at = system.progress().removed_at
    assert removed_at is not None
    assert (system.near.alive(), system.progress().due_at) == ([], None)
    assert system.progress().delete_at == removed_at + 30 * DAY


def test_returned_watch_goes_on_where_it_was(system: System) -> None:
    """Declared again within 30 days, alike: pulled at once, nothing lost, nothing told twice."""
    system.begin()
    known = system.drive.create(ANA, name="known")
    system.pass_time(SECOND)
    system.declare()
    system.next_tick = None
    system.pass_time(20 * DAY)
    system.next_tick = system.clock.now()
    file = system.drive.create(ANA, name="meanwhile")
    system.declare(ana=WATCH)
    system.pass_time(TICK)
    assert system.sink.kinds(file.id) == ["file.created"]
    assert system.sink.kinds(known.id) == ["file.created"]
    assert system.near.count(BASELINE) == 1
    system.pass_time(3 * TICK)
    assert [channel.state for channel in system.channels()] == [ChannelState.LIVE]
    assert (system.progress().removed_at, system.progress().delete_at) == (None, None)


def test_watch_that_returns_changed_starts_anew(system: System) -> None:
    """Another subject under the old id: what was remembered is of no use."""
    system.begin()
    system.declare()
    system.pass_time(DAY)
    old = system.drive.create(BEN, name="old")
    system.pass_time(2 * SECOND)
    system.declare(ana={**WATCH, "subject": BEN})
    system.pass_time(3 * TICK)
    assert system.sink.told == []
    system.drive.update(old.id, name="now")
    system.pass_time(5 * SECOND)
    assert system.sink.kinds() == ["file.updated"]


def test_memory_of_a_removed_watch_goes_after_30_days(system: System) -> None:
    """Until then it is kept, after that it begins as any other."""
    system.begin()
    system.drive.create(ANA, name="a")
    system.pass_time(SECOND)
    system.declare()
    system.pass_time(TICK)
    system.sqlite.sweep(START + 29 * DAY)
    assert system.sqlite.progress("ana") is not None
    system.sqlite.sweep(START + 31 * DAY)
    assert system.sqlite.progress("ana") is None
    assert system.sqlite.memory("ana", after=None, limit=10) == []
    system.declare(ana=WATCH)
    system.pass_time(3 * TICK)
    assert system.near.count(BASELINE) == 2


def test_removed_before_its_channel_answered_is_still_stopped(system: System) -> None:
    """Taken back while Google works on its `watch`: the answer names it, and it is stopped."""

    def remove(call: object) -> None:
        if system.near.count("*.watch"):
            system.near.between = None
            system.declare()
            system.tick()

    system.near.between = remove
    system.declare(ana=WATCH)
    system.pass_time(5 * TICK)
    assert system.near.count("*.watch") == 1
    assert system.near.alive() == []


# --- when declarations are compared ---------------------------------------------------------------


def test_new_revision_is_compared_on_this_tick_and_the_next_two(system: System) -> None:
    """Terraform deletes after it writes the revision: the deletion counts without another one."""
    system.declare(ana=WATCH, ben={**WATCH, "subject": BEN})
    system.pass_time(5 * TICK)
    revision = system.chance.new_id()
    system.sqlite.declare({"ana": WATCH, "ben": {**WATCH, "subject": BEN}}, revision=revision)
    system.pass_time(TICK)
    system.sqlite.declare({"ana": WATCH}, revision=revision)
    system.pass_time(2 * TICK)
    assert system.channels("ben") == []
    assert system.progress("ben").removed_at is not None


def test_declarations_are_compared_every_15_minutes(system: System) -> None:
    """What was edited without a revision counts then, not on each tick."""
    system.begin()
    system.pass_time(5 * TICK)
    revision = system.sqlite.revision()
    assert revision is not None
    system.sqlite.declare({}, revision=revision)
    compared = system.wire.count("store.all_progress")
    system.pass_time(5 * TICK)
    assert len(system.channels()) == 1
    system.pass_time(12 * TICK)
    assert system.channels() == []
    assert system.wire.count("store.all_progress") - compared <= 2


@pytest.mark.parametrize("away", [{}, {"ana": {**WATCH, "paused": True}}], ids=["gone", "paused"])
def test_return_that_no_revision_tells_of_is_pulled_at_once(
    system: System, away: dict[str, Any]
) -> None:
    """Found by the comparison every 15 minutes, it is pulled then, not at its next poll."""
    system.begin()
    revision = system.sqlite.revision()
    assert revision is not None
    system.sqlite.declare(away, revision=revision)
    system.pass_time(40 * TICK)
    assert system.channels() == []
    file = system.drive.create(ANA, name="meanwhile")
    system.sqlite.declare({"ana": WATCH}, revision=revision)
    system.pass_time(16 * TICK)
    assert system.sink.kinds(file.id) == ["file.created"]


def test_quiet_tick_reads_neither_declarations_nor_every_progress(system: System) -> None:
    """Work that is due is found by an index: an idle tick costs three reads and no write."""
    watch = {**WATCH, "poll": "2d"}
    system.declare(**{f"w{number}": watch for number in range(30)})
    system.pass_time(5 * TICK)
    calls = len(system.wire.calls)
    system.next_tick = None
    system.tick()
    assert sorted(system.wire.calls[calls:]) == [
        "keys.ring",
        "store.due",
        "store.read_control",
        "store.revision",
    ]


def test_unchanged_watches_cost_no_write_in_a_comparison(system: System) -> None:
    """Every 15 minutes everything is read once; what agrees is left alone."""
    system.declare(**{f"w{number}": WATCH for number in range(10)})
    system.pass_time(5 * TICK)
    system.next_tick = None
    system.clock.move(15 * TICK)
    calls = len(system.wire.calls)
    assert system.tick().compared
    assert "store.change" not in system.wire.calls[calls:]


def test_first_revision_may_be_missing(system: System) -> None:
    """Documents without `control/declared`, as somebody may write them, are watched, too."""
    system.declare(ana=WATCH)
    with system.sqlite._file.writing() as file:
        file.execute("DELETE FROM control")
    system.pass_time(3 * TICK)
    assert [channel.state for channel in system.channels()] == [ChannelState.LIVE]


def test_lost_progress_is_made_again(system: System) -> None:
    """Somebody deleted the document: the next comparison begins the watch anew."""
    system.begin()
    with system.sqlite._file.writing() as file:
        file.execute("DELETE FROM progress")
    system.pass_time(20 * TICK)
    assert system.progress().cursor is not None
    assert len(system.near.alive()) == 1
    file_ = system.drive.create(ANA, name="a")
    system.pass_time(5 * SECOND)
    assert system.sink.kinds(file_.id) == ["file.created"]
