"""The next page is on its way while one is gone through, and nothing else is different for it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from functions.domain.errors import Unavailable
from functions.sources.call import Answer, Call
from tests.world.system import ANA, SECOND, System
from tests.world.work import notification

LISTED = "drive.changes.list"


@pytest.fixture
def three_pages(quiet: System, small_pages: None) -> System:
    """Give a watch of which three pages are to be read."""
    for number in range(25):
        quiet.drive.create(ANA, name=str(number))
    quiet.near.calls.clear()
    return quiet


def test_next_page_is_asked_for_before_this_one_is_told(three_pages: System) -> None:
    """Google works while we do; each page is asked for once."""
    begun = len(three_pages.wire.calls)
    three_pages.sync(notification(three_pages))
    calls = three_pages.wire.calls[begun:]
    wanted = [name for name in calls if name.startswith("google.") or name == "changes.tell"]
    ahead = ["google.ahead", "changes.tell"]
    assert wanted == ["google.call", *ahead, *ahead, "changes.tell"]
    assert three_pages.near.count(LISTED) == 3


def test_what_fails_ahead_fails_in_its_turn(three_pages: System) -> None:
    """The page before is told and saved first."""
    three_pages.near.refuse(LISTED, None)
    three_pages.near.refuse(LISTED, Unavailable("503 backendError"))
    three_pages.sync(notification(three_pages))
    assert len(three_pages.sink.told) == 10
    assert three_pages.progress().page is not None
    assert three_pages.progress().failures == 1


def test_nothing_is_asked_for_when_the_time_is_up(three_pages: System) -> None:
    """What was asked for in time is gone through, too; the rest is for the next turn."""
    three_pages.near.cost = 130 * SECOND
    three_pages.sync(notification(three_pages))
    assert three_pages.near.count(LISTED) == 2
    assert len(three_pages.sink.told) == 20


def test_no_call_outlives_the_turn(three_pages: System) -> None:
    """Whoever loses the lease still waits for what was asked ahead."""
    waits: list[str] = []
    ahead = three_pages.near.ahead

    def watched(call: Call, *, subject: str | None) -> Callable[[], Answer]:
        wait = ahead(call, subject=subject)

        def waited() -> Answer:
            waits.append(call.method)
            return wait()

        return waited

    three_pages.near.ahead = watched  # type: ignore[method-assign]
    three_pages.wire.before("changes.tell", three_pages._break_leases)
    three_pages.sync(notification(three_pages))
    assert waits == ["changes.list"]
    assert "lease lost" in three_pages.journal.decisions()


def test_page_read_ahead_is_none_of_the_next_pull(three_pages: System) -> None:
    """Each pull begins with a call of its own, so that it has what came before it began."""
    three_pages.near.refuse(LISTED, None)
    three_pages.near.refuse(LISTED, Unavailable("503 backendError"))
    three_pages.sync(notification(three_pages))
    three_pages.drive.create(ANA, name="later")
    three_pages.pass_time(120 * SECOND)
    three_pages.sync(notification(three_pages))
    assert len({event.subject for event in three_pages.sink.told}) == 26
