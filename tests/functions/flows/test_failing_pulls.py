"""A pull fails: written down if Google failed, brought again if store or queue did."""

from __future__ import annotations

from datetime import timedelta

import pytest

from functions.domain.errors import Unavailable
from tests.world.system import ANA, SECOND, TICK, System
from tests.world.work import notification, poll

HOUR = timedelta(hours=1)
LEASE = timedelta(seconds=300)
LISTED = "drive.changes.list"


def test_failed_pull_is_written_down_and_its_job_done(quiet: System) -> None:
    """A 5xx of ours would slow every watch: failures, verdict and due_at are stored instead."""
    quiet.near.refuse(LISTED, Unavailable("503 backendError"))
    quiet.sync(notification(quiet))
    progress = quiet.progress()
    assert (progress.failures, progress.verdict, progress.lease) == (1, "ok", None)
    assert progress.retry_at is not None
    assert progress.due_at == progress.retry_at <= quiet.clock.now() + 2 * SECOND


def test_job_during_a_back_off_marks_and_is_done(quiet: System) -> None:
    """Google is left alone until the back-off ends; then everything is found."""
    for _ in range(4):
        quiet.near.refuse(LISTED, Unavailable("503 backendError"))
        quiet.clock.move(timedelta(minutes=20))
        quiet.sync(notification(quiet))
    calls = len(quiet.near.calls)
    quiet.drive.create(ANA, name="a")
    quiet.clock.move(SECOND)
    quiet.sync(notification(quiet, 3))
    assert (len(quiet.near.calls), quiet.progress().marked) == (calls, True)
    quiet.next_tick = quiet.clock.now()
    quiet.pass_time(2 * TICK)
    assert quiet.sink.kinds() == ["file.created"]
    assert (quiet.progress().failures, quiet.progress().retry_at) == (0, None)


def test_back_off_grows_and_is_bounded(quiet: System) -> None:
    """From seconds to a quarter of an hour, kept in the store and nowhere else."""
    waits: list[timedelta] = []
    for _ in range(20):
        quiet.near.refuse(LISTED, Unavailable("503 backendError"))
        quiet.sync(poll(quiet))
        due = quiet.progress().retry_at
        assert due is not None
        waits.append(due - quiet.clock.now())
        quiet.clock.move(due - quiet.clock.now())
    assert waits[0] <= 2 * SECOND
    assert timedelta(minutes=11) < waits[-1] <= timedelta(minutes=15)


@pytest.mark.parametrize("port", ["store.change", "changes.tell", "store.progress"])
def test_only_store_and_queue_failures_bring_the_job_again(quiet: System, port: str) -> None:
    """Then, and only then, sync fails, and a repetition mends it."""
    file = quiet.drive.create(ANA, name="a")

    def fail() -> None:
        raise Unavailable("the store cannot be reached")

    quiet.queue.put(notification(quiet))
    quiet.wire.before(port, fail)
    quiet.work()
    assert len(quiet.queue.waiting) == 1
    quiet.next_tick = quiet.clock.now() + TICK
    quiet.pass_time(LEASE + 2 * TICK)
    assert quiet.queue.waiting == []
    assert set(quiet.sink.kinds(file.id)) == {"file.created"}


def test_failed_queue_of_changes_keeps_the_cursor(quiet: System) -> None:
    """What is not confirmed is not passed: the cursor stays, and all is told later."""
    quiet.drive.create(ANA, name="a")
    cursor = quiet.progress().cursor
    quiet.sink.fails = True
    with pytest.raises(Unavailable):
        quiet.sync(notification(quiet))
    assert (quiet.progress().cursor, quiet.progress().lease) == (cursor, None)
    quiet.sink.fails = False
    quiet.clock.move(SECOND)
    quiet.sync(notification(quiet))
    assert quiet.sink.kinds() == ["file.created"]


def test_due_at_is_the_earlier_of_pull_and_look(system: System) -> None:
    """At every moment of a busy day, in the very write that sets either."""

    def check() -> None:
        for progress in system.sqlite.all_progress():
            times = [time for time in (progress.pull_at, progress.look_at) if time]
            assert progress.due_at == min(times, default=None)

    system.watching = check
    system.near.world.options.max_life = 1200
    system.begin()
    for number in range(60):
        system.drive.create(ANA, name=str(number))
        if number % 7 == 0:
            system.near.refuse("*", Unavailable("503"))
        system.pass_time(TICK)
    system.declare()
    system.pass_time(5 * TICK)
    assert system.progress().due_at is None


def test_queueing_a_pull_moves_it_on_by_a_lease(quiet: System) -> None:
    """Of two ticks one queues it; if the job were lost, the next comes after a lease."""
    quiet.clock.move(2 * HOUR)
    quiet.tick()
    quiet.tick()
    assert len(quiet.queue.waiting) == 1
    assert quiet.progress().pull_at == quiet.clock.now() + LEASE
    quiet.queue.waiting.clear()
    quiet.clock.move(LEASE)
    quiet.tick()
    assert len(quiet.queue.waiting) == 1
