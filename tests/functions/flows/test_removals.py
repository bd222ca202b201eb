"""Watches are removed, and some return."""

from __future__ import annotations

from datetime import timedelta

from functions.domain.model import ChannelState
from tests.world.ports import START
from tests.world.system import ANA, SECOND, TICK, System

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
BEN = "ben@example.com"
WATCH = {"source": "drive.changes", "subject": ANA}
BASELINE = "drive.changes.getStartPageToken"


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
