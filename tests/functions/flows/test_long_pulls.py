"""A long pull goes on by itself, page by page, and keeps to its time."""

from __future__ import annotations

from datetime import timedelta

from functions.domain.errors import Unavailable
from tests.world.system import ANA, SECOND, TICK, System
from tests.world.work import notification, poll

BUDGET = timedelta(seconds=240)
LISTED = "drive.changes.list"


def test_long_pull_goes_on_by_itself(quiet: System, small_pages: None) -> None:
    """After 240 s it queues its rest and ends; each page is told and saved before the next."""
    for number in range(95):
        quiet.drive.create(ANA, name=str(number))
    quiet.near.cost = timedelta(seconds=100)
    quiet.queue.put(notification(quiet))
    lengths: list[timedelta] = []
    while job := quiet.queue.take():
        began, told = quiet.clock.now(), len(quiet.sink.told)
        quiet.sync(job)
        lengths.append(quiet.clock.now() - began)
        assert len(quiet.sink.told) > told
    assert len(lengths) == 4
    assert max(lengths) <= BUDGET + quiet.near.cost
    assert quiet.sink.kinds() == ["file.created"] * 95
    assert [job.reason for job in quiet.queue.put_so_far[-3:]] == ["continued"] * 3


def test_long_pull_that_dies_goes_on_at_its_page(quiet: System, small_pages: None) -> None:
    """What was told and saved is not read again."""
    for number in range(45):
        quiet.drive.create(ANA, name=str(number))
    quiet.near.refuse(LISTED, None)
    quiet.near.refuse(LISTED, None)
    quiet.near.refuse(LISTED, Unavailable("503 backendError"))
    quiet.sync(notification(quiet))
    assert len(quiet.sink.told) == 20
    quiet.clock.move(TICK)
    quiet.sync(notification(quiet))
    assert len(quiet.sink.told) == len({event.id for event in quiet.sink.told}) == 45


def test_continued_pull_covers_no_job_queued_amid_it(quiet: System, small_pages: None) -> None:
    """A pull that goes on at a page did not begin there: what was queued since is still owed."""
    for number in range(45):
        quiet.drive.create(ANA, name=str(number))
    quiet.near.refuse(LISTED, None)
    quiet.near.refuse(LISTED, Unavailable("503 backendError"))
    quiet.sync(notification(quiet))
    quiet.clock.move(3 * SECOND)
    job = notification(quiet)
    quiet.clock.move(3 * SECOND)
    quiet.sync(poll(quiet))
    before = quiet.near.count(LISTED)
    quiet.sync(job)
    assert quiet.near.count(LISTED) > before
