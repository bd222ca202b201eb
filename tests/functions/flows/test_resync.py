"""Google refuses the cursor: everything is listed anew, and nothing is told twice."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from functions.sources.call import Call
from tests.world.system import ANA, SECOND, System

HOUR = timedelta(hours=1)
FILES, GET = "drive.files.list", "drive.files.get"


def refused_cursor(system: System) -> None:
    """Have Google refuse all page tokens given so far, and wait until that is found out."""
    system.drive.invalidate(ANA)
    system.near.world.faults.remove()
    system.pass_time(2 * HOUR)


def unheard(system: System) -> None:
    """Lose all messages from here on."""
    system.near.world.faults.set("drop")


def test_resync_tells_what_is_new_since_the_last_complete_pull(covered: System) -> None:
    """By the items' own times; what was told before is told again only if it changed."""
    kept = covered.drive.create(ANA, name="kept")
    edited = covered.drive.create(ANA, name="edited")
    covered.pass_time(10 * SECOND)
    unheard(covered)
    covered.drive.update(edited.id, name="anew")
    fresh = covered.drive.create(ANA, name="fresh")
    refused_cursor(covered)
    assert covered.sink.kinds(kept.id) == ["file.created"]
    assert covered.sink.kinds(edited.id) == ["file.created", "file.updated"]
    assert covered.sink.kinds(fresh.id) == ["file.created"]
    assert covered.sink.troubles() == ["resynced"]


def test_resync_never_tells_an_older_item_unseen(system: System) -> None:
    """What was there before the watch and did not change is still not told."""
    old = [system.drive.create(ANA, name=str(number)) for number in range(5)]
    system.pass_time(5 * SECOND)
    system.begin()
    refused_cursor(system)
    assert system.sink.troubles() == ["resynced"]
    assert system.sink.kinds() == ["watch.resynced"]
    system.drive.update(old[0].id, name="now")
    system.pass_time(5 * SECOND)
    assert system.sink.kinds(old[0].id) == ["file.updated"]


def test_resync_finds_deletions_by_absence(covered: System) -> None:
    """Remembered and gone: verified by a get, then told."""
    gone, kept = covered.drive.create(ANA, name="gone"), covered.drive.create(ANA, name="kept")
    unseen = covered.drive.create(ANA, name="x")
    covered.pass_time(10 * SECOND)
    unheard(covered)
    covered.drive.remove(gone.id)
    refused_cursor(covered)
    assert covered.sink.kinds(gone.id) == ["file.created", "file.removed"]
    assert (covered.near.count(GET), covered.sink.kinds(kept.id)) == (1, ["file.created"])
    assert covered.sink.kinds(unseen.id) == ["file.created"]


def test_deletion_by_absence_and_by_word_have_one_id(covered: System) -> None:
    """Told by absence, and again by Google's log after a loss of memory: the ids agree."""
    file = covered.drive.create(ANA, name="a")
    covered.pass_time(10 * SECOND)
    unheard(covered)
    covered.drive.remove(file.id)
    cursor = covered.progress().cursor
    covered.drive.invalidate(ANA)
    covered.pass_time(2 * HOUR)
    told = [event for event in covered.sink.told if event.subject == file.id]
    covered.drive.logs[ANA].floor = 0
    with covered.sqlite._file.writing() as store:  # as a backup of an hour ago would be
        store.execute("UPDATE progress SET document = json_set(document, '$.cursor', ?)", [cursor])
        store.execute("UPDATE seen SET state = 'present', ordinal = 0")
    covered.pass_time(2 * HOUR)
    again = [event for event in covered.sink.told if event.subject == file.id]
    assert [event.data["kind"] for event in again] == ["file.created", *["file.removed"] * 2]
    assert again[1].id == again[2].id == told[1].id


def test_item_that_a_list_forgot_is_not_told_as_gone(covered: System) -> None:
    """Absence is told only when verified: a get finds it, so it is there."""
    file = covered.drive.create(ANA, name="a")
    covered.pass_time(10 * SECOND)

    def forget(call: Call, body: dict[str, Any]) -> None:
        if call.method == "files.list":
            body["files"] = []

    covered.near.tamper = forget
    refused_cursor(covered)
    assert covered.near.count(GET) == 1
    assert covered.sink.kinds(file.id) == ["file.created"]
    assert covered.sink.troubles() == ["resynced"]


def test_resync_takes_its_new_cursor_first(covered: System) -> None:
    """What changes while everything is listed is not lost: it comes after the new cursor."""
    late: list[str] = []

    def change(call: Call) -> None:
        if call.method == "files.list" and not late:
            late.append(covered.drive.create(ANA, name="amid").id)

    covered.near.between = change
    refused_cursor(covered)
    covered.pass_time(2 * HOUR)
    methods = [name for name, _ in covered.near.calls]
    assert methods.index(FILES) > methods.index("drive.changes.getStartPageToken", 1)
    assert covered.sink.kinds(late[0]) == ["file.created"]
