"""Entries that make no sense, or speak of other things, never hold up a watch."""

from __future__ import annotations

from typing import Any

import pytest

from functions.sources.call import Call
from tests.world.system import ANA, SECOND, System
from tests.world.work import memory


def test_unreadable_entry_never_holds_up_its_watch(covered: System) -> None:
    """It goes to the dead letters with its error, is counted, and the cursor goes on."""

    def spoil(call: Call, body: dict[str, Any]) -> None:
        if call.method == "changes.list" and body.get("changes"):
            body["changes"].insert(0, {"changeType": "file", "file": {"name": "no id"}})
            covered.near.tamper = None

    covered.near.tamper = spoil
    file = covered.drive.create(ANA, name="a")
    covered.pass_time(5 * SECOND)
    assert covered.sink.kinds() == ["file.created"]
    assert covered.sink.told[0].subject == file.id
    with covered.sqlite._file.reading() as store:
        ((watch, error),) = store.execute("SELECT watch, error FROM unreadable").fetchall()
    assert watch == "ana"
    assert "fileId" in error
    ((_, facts),) = covered.journal.warnings
    assert facts["watch"] == "ana"


@pytest.mark.parametrize(
    "entry",
    [
        {"changeType": "drive", "driveId": "0OTHER", "removed": False, "drive": {"id": "0OTHER"}},
        {"type": "teamDrive", "teamDriveId": "0OTHER", "removed": True},
        {"changeType": "hologram", "fileId": "H", "removed": True},
    ],
    ids=["drive", "team drive", "unknown type"],
)
def test_news_of_other_things_is_never_an_error(covered: System, entry: dict[str, Any]) -> None:
    """My Drive's log may speak of shared drives, or of what Google adds one day."""

    def add(call: Call, body: dict[str, Any]) -> None:
        if call.method == "changes.list" and body.get("changes"):
            body["changes"].append(entry)

    covered.near.tamper = add
    file = covered.drive.create(ANA, name="a")
    covered.pass_time(5 * SECOND)
    assert covered.sink.kinds(file.id) == ["file.created"]
    assert (covered.progress().failures, covered.journal.warnings) == (0, [])


def test_item_that_a_page_names_twice_is_told_step_by_step(covered: System) -> None:
    """The second entry is compared with the first: the final state is told, as what it is."""

    def double(call: Call, body: dict[str, Any]) -> None:
        if call.method == "changes.list" and body.get("changes"):
            (entry,) = body["changes"]
            version = str(int(entry["file"]["version"]) + 1)
            later = {**entry, "file": {**entry["file"], "version": version, "name": "renamed"}}
            body["changes"].append(later)
            covered.near.tamper = None

    covered.near.tamper = double
    file = covered.drive.create(ANA, name="a")
    covered.pass_time(5 * SECOND)
    assert covered.sink.kinds(file.id) == ["file.created", "file.updated"]
    assert covered.sink.told[-1].data["item"]["name"] == "renamed"


def test_memory_is_saved_with_or_before_the_cursor(covered: System) -> None:
    """At every write that moves the cursor, what it covers is remembered already."""
    file = covered.drive.create(ANA, name="a")
    before = covered.progress().cursor
    seen: list[tuple[bool, bool]] = []
    covered.watching = lambda: seen.append(
        (covered.progress().cursor != before, f"file:{file.id}" in memory(covered))
    )
    covered.pass_time(5 * SECOND)
    assert (True, True) in seen
    assert (True, False) not in seen


def test_memory_of_another_version_never_holds_up_its_watch(covered: System) -> None:
    """A remembered state that nobody knows is read anew: what happens to the item is told."""
    touched, left = covered.drive.create(ANA, name="a"), covered.drive.create(ANA, name="b")
    covered.pass_time(5 * SECOND)
    with covered.sqlite._file.writing() as store:
        store.execute("UPDATE seen SET state = 'archived'")
    covered.drive.update(touched.id, name="renamed")
    covered.drive.remove(left.id)
    covered.pass_time(5 * SECOND)
    assert covered.sink.kinds(touched.id) == ["file.created", "file.updated"]
    assert covered.sink.kinds(left.id) == ["file.created", "file.removed"]
    assert (covered.progress().failures, covered.journal.warnings) == (0, [])
