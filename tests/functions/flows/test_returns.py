"""What comes back, what was never seen, and what nobody can read."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.world.system import ANA, SECOND, TICK, System

HOUR = timedelta(hours=1)


def test_file_that_comes_back_is_judged_as_first_seen(system: System) -> None:
    """After a told deletion: with an id of its own, and a second deletion with another."""
    system.begin()
    file = system.drive.create("ben@example.com", name="shared")
    for _ in range(2):
        system.drive.share(file.id, ANA)
        system.pass_time(5 * SECOND)
        system.drive.unshare(file.id, ANA)
        system.pass_time(5 * SECOND)
    assert system.sink.kinds(file.id) == ["file.created", "file.removed"] * 2
    assert len({event.id for event in system.sink.told}) == 4
    assert [event.data["seen_before"] for event in system.sink.told] == [False, True] * 2


def test_first_found_in_the_trash_is_told_as_trashed(system: System) -> None:
    """Made and thrown away between two pulls: `file.trashed`, not seen before."""
    system.begin()
    file = system.drive.create(ANA, name="a")
    system.drive.trash(file.id)
    system.pass_time(5 * SECOND)
    (event,) = system.sink.told
    assert (event.data["kind"], event.data["seen_before"]) == ("file.trashed", False)
    system.drive.untrash(file.id)
    system.pass_time(5 * SECOND)
    assert system.sink.kinds() == ["file.trashed", "file.untrashed"]


def test_deletion_of_what_was_never_told_is_told_on_googles_word(system: System) -> None:
    """Gone before it was seen: its log says so, so do we, once."""
    old = system.drive.create(ANA, name="old")
    system.begin()
    system.drive.remove(old.id)
    system.pass_time(2 * HOUR)
    assert system.sink.kinds() == ["file.removed"]
    assert system.sink.told[0].data["seen_before"] is False


@pytest.fixture
def watched(system: System) -> str:
    """Watch one file; give its id."""
    file = system.drive.create(ANA, name="watched")
    source = {"source": "drive.files", "subject": ANA, "params": {"fileId": file.id}}
    system.declare(ana=source)
    system.pass_time(3 * TICK)
    return file.id
