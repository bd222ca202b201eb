"""One pull at a time: whoever meets a lease leaves a mark, whoever dies costs one lease."""

from __future__ import annotations

from datetime import timedelta

import pytest

from functions.declared.watching import declared_watch
from functions.domain.model import Watch
from functions.pulling.lease import take
from tests.world.system import ANA, SECOND, TICK, System
from tests.world.tripwire import Crash
from tests.world.work import meanwhile, notification, poll

LEASE = timedelta(seconds=300)


def test_notification_during_a_pull_causes_another(quiet: System) -> None:
    """Who meets the lease sets the mark and is done; who holds it pulls again."""
    quiet.drive.create(ANA, name="first")

    def later() -> None:
        quiet.clock.move(2 * SECOND)
        quiet.drive.create(ANA, name="second")
        calls = len(quiet.near.calls)
        quiet.sync(notification(quiet, 3))
        assert len(quiet.near.calls) == calls
        assert quiet.progress().marked

    meanwhile(quiet, later)
    quiet.sync(notification(quiet))
    assert quiet.sink.kinds() == ["file.created", "file.created"]
    assert not quiet.progress().marked
    assert quiet.progress().lease is None


def test_lease_that_ends_before_the_mark_is_left_leaves_the_pull_to_the_job(quiet: System) -> None:
    """It was held when the job looked; a mark that nobody sees any more would be a lost wake-up."""
    file = quiet.drive.create(ANA, name="a")
    quiet.wire.before("google.call")
    with pytest.raises(Crash):
        quiet.sync(poll(quiet))
    assert quiet.progress().lease is not None
    quiet.clock.move(2 * SECOND)
    quiet.wire.before("store.change", quiet._break_leases)
    quiet.sync(poll(quiet))
    assert quiet.sink.kinds(file.id) == ["file.created"]
    assert not quiet.progress().marked


def test_mark_is_set_once_in_a_burst(quiet: System) -> None:
    """The second who meets the lease finds the mark and writes nothing."""
    writes: list[int] = []

    def later() -> None:
        for number in range(3):
            quiet.clock.move(2 * SECOND)
            before = quiet.wire.count("store.change")
            quiet.sync(notification(quiet, number + 3))
            writes.append(quiet.wire.count("store.change") - before)

    meanwhile(quiet, later)
    quiet.sync(notification(quiet))
    assert writes[0] > writes[1] == writes[2]


def test_marked_pull_counts_as_one_after_a_notification(quiet: System) -> None:
    """What came during a poll and is not listed yet is looked for again 2 s later."""
    quiet.near.world.faults.set("lag", seconds=1.5)

    def later() -> None:
        quiet.clock.move(2 * SECOND)
        quiet.drive.create(ANA, name="late")
        quiet.sync(notification(quiet))

    meanwhile(quiet, later)
    quiet.sync(poll(quiet))
    assert quiet.sink.kinds() == ["file.created"]


def test_crash_costs_one_lease_never_a_wake_up(quiet: System) -> None:
    """Dead amid a pull: the watch comes due when the lease ends, and is then pulled."""
    file = quiet.drive.create(ANA, name="a")
    quiet.wire.after("changes.tell")
    died = quiet.clock.now()
    with pytest.raises(Crash):
        quiet.sync(notification(quiet))
    assert quiet.progress().due_at == died + LEASE
    quiet.next_tick = quiet.clock.now() + TICK
    quiet.pass_time(LEASE - SECOND)
    assert len(quiet.sink.told) == 1
    quiet.pass_time(2 * TICK)
    assert [event.subject for event in quiet.sink.told] == [file.id] * 2
    assert quiet.sink.told[0] == quiet.sink.told[1]


def test_job_that_meets_a_dead_lease_marks_it_until_it_ends(quiet: System) -> None:
    """The lease is not broken early; after its end the next job just pulls."""
    quiet.wire.before("google.call")
    with pytest.raises(Crash):
        quiet.sync(notification(quiet))
    quiet.clock.move(2 * SECOND)
    before = len(quiet.near.calls)
    quiet.sync(notification(quiet, 3))
    assert (len(quiet.near.calls), quiet.progress().marked) == (before, True)
    quiet.drive.create(ANA, name="a")
    quiet.clock.move(LEASE)
    quiet.sync(notification(quiet, 4))
    assert quiet.sink.kinds() == ["file.created"]


def test_lost_lease_ends_the_slow_one_quietly(quiet: System) -> None:
    """Thought dead, it finds that another took over: it saves nothing and fails nobody."""
    quiet.drive.create(ANA, name="a")

    def takes_over() -> None:
        quiet.clock.move(LEASE + SECOND)
        quiet.sync(notification(quiet, 3))

    meanwhile(quiet, takes_over)
    quiet.sync(notification(quiet))
    assert "lease lost" in quiet.journal.decisions()
    assert {event.id for event in quiet.sink.told} == {quiet.sink.told[0].id}
    quiet.drive.create(ANA, name="b")
    quiet.clock.move(SECOND)
    quiet.sync(notification(quiet, 4))
    assert quiet.sink.kinds()[-1] == "file.created"
    assert len({event.id for event in quiet.sink.told}) == 2


def test_cursor_of_a_lost_lease_is_not_saved(quiet: System) -> None:
    """What the slow one read last must not set the cursor back."""

    def takes_over() -> None:
        quiet.clock.move(LEASE + SECOND)
        quiet.drive.create(ANA, name="a")
        quiet.sync(notification(quiet, 3))

    meanwhile(quiet, takes_over)
    quiet.sync(notification(quiet))
    cursor = quiet.progress().cursor
    quiet.sync(notification(quiet, 4))
    assert quiet.progress().cursor == cursor
    assert quiet.sink.kinds() == ["file.created"]


def test_whoever_comes_second_for_a_lease_leaves_the_mark(quiet: System) -> None:
    """Both saw that nobody pulls, and one was quicker: the other's wake-up is not lost."""
    watch = declared_watch(quiet.sqlite, "ana", short_polls=True)
    assert isinstance(watch, Watch)
    names = ("quick", "slow")
    leases = [
        take(
            quiet.sqlite,
            watch,
            name,
            now=quiet.clock.now,
            length=LEASE,
            whole=True,
            job=notification(quiet),
        )
        for name in names
    ]
    assert [lease and lease.name for lease in leases] == ["quick", None]
    assert quiet.progress().marked
