"""Jobs gather: what a later pull has read costs one read, and a burst a handful of pulls."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import pairwise

from functions.domain.model import Job
from tests.world.system import ANA, SECOND, TICK, System
from tests.world.work import notification, poll

LISTED = "drive.changes.list"


def test_covered_job_costs_one_read_and_no_write(quiet: System) -> None:
    """A whole pull began at least a second after it was queued: there is nothing left to do."""
    job = notification(quiet)
    quiet.clock.move(SECOND)
    quiet.sync(notification(quiet, 3))
    calls = len(quiet.wire.calls)
    quiet.sync(job)
    assert quiet.wire.calls[calls:] == ["store.progress"]


def test_pull_that_began_too_soon_after_covers_nothing(quiet: System) -> None:
    """Clocks differ: a pull that began less than a second later may not have seen the change."""
    job = notification(quiet)
    quiet.clock.move(SECOND - timedelta(milliseconds=1))
    quiet.sync(poll(quiet))
    before = quiet.near.count(LISTED)
    quiet.sync(job)
    assert quiet.near.count(LISTED) > before


def test_lower_number_is_a_message_like_any_other(quiet: System) -> None:
    """Messages arrive in any order: one that was overtaken may be the only word of its change."""
    quiet.sync(notification(quiet, 9))
    quiet.clock.move(2 * SECOND)
    file = quiet.drive.create(ANA, name="a")
    quiet.sync(notification(quiet, 4))
    assert quiet.sink.kinds(file.id) == ["file.created"]


def test_job_of_an_unknown_watch_costs_two_reads(quiet: System) -> None:
    """Nothing is known of it and nothing declared: it leads to nothing."""
    calls = len(quiet.wire.calls)
    quiet.sync(Job(watch="nobody", queued_at=quiet.clock.now(), reason="due"))
    assert quiet.wire.calls[calls:] == ["store.progress", "store.declaration"]


def test_burst_of_a_thousand_jobs_is_a_handful_of_pulls(quiet: System) -> None:
    """They gather: at most five pulls, and every change is told once."""
    for number in range(1000):
        quiet.drive.create(ANA, name=str(number))
        quiet.queue.put(notification(quiet, number + 2))
        quiet.clock.move(timedelta(milliseconds=3))
    before = quiet.near.count(LISTED)
    quiet.work()
    assert quiet.near.count(LISTED) - before <= 5
    assert quiet.sink.kinds() == ["file.created"] * 1000


def test_burst_that_comes_while_jobs_are_done_gathers_too(quiet: System) -> None:
    """Jobs trickle in for ten seconds: no more than about a pull a second."""
    before = quiet.near.count(LISTED)
    end = quiet.clock.now() + 10 * SECOND
    while quiet.clock.now() < end:
        quiet.drive.create(ANA, name="a")
        quiet.queue.put(notification(quiet))
        quiet.work()
        quiet.clock.move(timedelta(milliseconds=20))
    assert quiet.near.count(LISTED) - before <= 14
    assert len(quiet.sink.told) == len({event.subject for event in quiet.sink.told})


def test_pulls_of_one_watch_begin_a_second_apart(quiet: System) -> None:
    """The later job waits, so that a burst gathers."""
    began: list[datetime] = []
    quiet.near.between = lambda _: began.append(quiet.progress().began_at or quiet.clock.now())
    for number in range(5):
        quiet.drive.create(ANA, name=str(number))
        quiet.sync(notification(quiet, number + 2))
    assert len(began) == 5
    gaps = [later - earlier for earlier, later in pairwise(began)]
    assert min(gaps) >= SECOND


def test_first_message_is_kept_in_the_books_even_if_its_job_is_covered(system: System) -> None:
    """A pull began after it was queued: nothing to read, but the channel is confirmed."""
    system.declare(ana={"source": "drive.changes", "subject": ANA})
    system.pass_time(30 * SECOND)
    system.next_tick = None
    system.clock.move(TICK)
    system.tick()
    assert system.deliver() == 1
    job = system.queue.take()
    assert job is not None
    system.clock.move(2 * SECOND)
    system.sync(poll(system))
    before = system.near.count(LISTED)
    system.sync(job)
    assert system.channels()[0].confirmed_at is not None
    assert system.near.count(LISTED) == before
