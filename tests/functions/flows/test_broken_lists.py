"""Lists that break off, lag behind or take long: an error is never taken for an absence."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from functions.domain.errors import CursorExpired, Unavailable
from functions.sources.call import Call
from tests.world.system import ANA, SECOND, TICK, System
from tests.world.work import memory

HOUR = timedelta(hours=1)
LISTED, FILES, GET = "drive.changes.list", "drive.files.list", "drive.files.get"
LATER = Unavailable("503 backendError")


def unheard(system: System) -> None:
    """Lose all messages from here on."""
    system.near.world.faults.set("drop")


@pytest.mark.parametrize(
    "odd",
    [{}, {"files": None}, {"incompleteSearch": True, "files": []}, {"nextPageToken": 7}],
    ids=["empty", "null", "incomplete", "no list"],
)
def test_list_that_breaks_off_is_an_error(covered: System, odd: dict[str, Any]) -> None:
    """A 200 without the list's key, or an incomplete one, tells nothing and forgets nothing."""
    file = covered.drive.create(ANA, name="a")
    covered.pass_time(10 * SECOND)

    def broken(call: Call, body: dict[str, Any]) -> None:
        if call.method == "files.list":
            body.clear()
            body.update(odd)

    covered.near.tamper = broken
    covered.drive.invalidate(ANA)
    covered.pass_time(2 * HOUR)
    assert covered.sink.kinds() == ["file.created"]
    assert covered.progress().failures > 0
    assert f"file:{file.id}" in memory(covered)
    covered.near.tamper = None
    covered.pass_time(TICK * 20)
    assert covered.sink.troubles() == ["resynced"]


def test_broken_log_is_an_error_not_an_end(covered: System) -> None:
    """An answer of the log without its list or its next token moves no cursor."""
    cursor = covered.progress().cursor

    def broken(call: Call, body: dict[str, Any]) -> None:
        if call.method == "changes.list":
            body.pop("newStartPageToken", None)

    covered.near.tamper = broken
    file = covered.drive.create(ANA, name="a")
    covered.pass_time(SECOND)
    assert (covered.progress().cursor, covered.progress().failures) == (cursor, 1)
    covered.near.tamper = None
    covered.pass_time(2 * TICK)
    assert covered.sink.kinds(file.id) == ["file.created"]


def test_interrupted_resync_goes_on_and_keeps_the_old_memory(
    covered: System, small_pages: None
) -> None:
    """Page token and what it met are saved beside the memory, which stays valid until the end."""
    files = [covered.drive.create(ANA, name=str(number)) for number in range(35)]
    covered.pass_time(10 * SECOND)
    unheard(covered)
    covered.drive.remove(files[0].id)
    covered.drive.invalidate(ANA)
    for _ in range(2):
        covered.near.refuse(FILES, None)
    covered.near.refuse(FILES, LATER)
    lists = covered.near.count(FILES)
    covered.next_tick = None
    covered.clock.move(2 * HOUR)
    covered.tick()
    covered.settle()
    assert covered.near.count(FILES) - lists == 3
    assert covered.progress().listing is not None
    assert len(memory(covered)) == 35
    assert covered.sink.troubles() == []
    covered.next_tick = covered.clock.now()
    covered.pass_time(2 * TICK)
    assert covered.near.count(FILES) - lists == 5
    assert covered.sink.kinds().count("file.removed") == 1
    assert covered.sink.troubles() == ["resynced"]


def test_verifying_much_keeps_to_the_time(covered: System) -> None:
    """A hundred gets of ten seconds each: no request works longer than 240 s."""
    files = [covered.drive.create(ANA, name=str(number)) for number in range(100)]
    covered.pass_time(10 * SECOND)
    unheard(covered)
    for file in files:
        covered.drive.remove(file.id)
    covered.drive.invalidate(ANA)
    covered.near.cost = timedelta(seconds=10)
    covered.next_tick = None
    covered.clock.move(2 * HOUR)
    covered.tick()
    lengths: list[timedelta] = []
    while job := covered.queue.take():
        began = covered.clock.now()
        covered.sync(job)
        lengths.append(covered.clock.now() - began)
    assert max(lengths) <= timedelta(seconds=250)
    assert "lease lost" not in covered.journal.decisions()
    assert covered.sink.kinds().count("file.removed") == 100
    assert covered.near.count(GET) == 100
    assert covered.sink.troubles() == ["resynced"]


def test_void_page_is_read_again_from_the_cursor(covered: System, small_pages: None) -> None:
    """A page token may be too old where the cursor is not: that is no resync."""
    for number in range(35):
        covered.drive.create(ANA, name=str(number))
    covered.near.refuse(LISTED, None)
    covered.near.refuse(LISTED, LATER)
    covered.pass_time(SECOND)
    page = covered.progress().page
    assert page is not None
    covered.near.refuse(LISTED, CursorExpired("410"))
    covered.pass_time(3 * TICK)
    assert covered.sink.troubles() == []
    assert covered.sink.kinds() == ["file.created"] * 35
