"""Google may list a change seconds after it told of it; message numbers mean nothing."""

from __future__ import annotations

import pytest

from tests.world.system import ANA, SECOND, TICK, System
from tests.world.work import notification, poll

LISTED = "drive.changes.list"


def test_change_listed_a_moment_late_is_found_two_seconds_later(quiet: System) -> None:
    """A pull after a notification that finds nothing is repeated at once."""
    quiet.near.world.faults.set("lag", seconds=1.5)
    quiet.drive.create(ANA, name="a")
    quiet.sync(notification(quiet))
    assert quiet.sink.kinds() == ["file.created"]


def test_change_listed_later_is_found_at_the_next_tick(quiet: System) -> None:
    """Still nothing after 2 s: the watch is due at once, and the next tick queues its pull."""
    quiet.near.world.faults.set("lag", seconds=20)
    quiet.drive.create(ANA, name="a")
    quiet.sync(notification(quiet))
    due = quiet.progress().pull_at
    assert due is not None
    assert due <= quiet.clock.now()
    quiet.next_tick = quiet.clock.now() + 30 * SECOND
    quiet.pass_time(TICK)
    assert quiet.sink.kinds() == ["file.created"]


def test_empty_pull_is_repeated_once_a_minute_at_most(quiet: System) -> None:
    """Messages without a change, every three seconds, do not double the calls."""
    before = quiet.near.count(LISTED)
    for number in range(20):
        quiet.sync(notification(quiet, number + 2))
        quiet.clock.move(3 * SECOND)
    assert quiet.near.count(LISTED) - before in {21, 22}


@pytest.mark.parametrize("job", ["sync message", "poll"])
def test_pull_without_word_of_a_change_is_not_repeated(quiet: System, job: str) -> None:
    """A `sync` message or a poll that finds nothing has no reason to look again."""
    before = quiet.near.count(LISTED)
    quiet.sync(poll(quiet) if job == "poll" else notification(quiet, 1, "sync"))
    assert quiet.near.count(LISTED) - before == 1


def test_message_numbers_never_decide_whether_to_pull(quiet: System) -> None:
    """Repeated, reordered, or starting anew: each message that is not covered is a pull."""
    quiet.near.world.faults.remove()
    for number in (900, 900, 5, 1):
        quiet.clock.move(TICK)
        quiet.drive.create(ANA, name=str(number))
        quiet.sync(notification(quiet, number))
    assert quiet.sink.kinds() == ["file.created"] * 4


def test_repeated_messages_repeat_no_event(system: System) -> None:
    """Every message comes twice: every change is told once."""
    system.near.world.faults.set("duplicate")
    system.begin()
    for number in range(5):
        system.drive.create(ANA, name=str(number))
        system.pass_time(10 * SECOND)
    assert system.sink.kinds() == ["file.created"] * 5
