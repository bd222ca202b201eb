"""What a pull tells and what it does not: resyncs, absence, single files, odd answers."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from functions.domain.change import Seen
from functions.domain.errors import CursorExpired, Refused, Unavailable
from functions.domain.model import ChannelState, Verdict
from functions.sources.call import Call
from tests.world.system import ANA, SECOND, TICK, System

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
LISTED, FILES, GET = "drive.changes.list", "drive.files.list", "drive.files.get"
GONE = Refused("404 notFound", Verdict.NOT_FOUND)
LATER = Unavailable("503 backendError")


def memory(system: System, watch: str = "ana") -> dict[str, Seen]:
    """Give what is remembered of a watch's items."""
    return dict(system.sqlite.memory(watch, after=None, limit=10_000))


@pytest.fixture
def small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have Drive's lists come in pages of ten."""
    monkeypatch.setattr("functions.sources.drive.PAGE_SIZE", 10)


# --- resync ---------------------------------------------------------------------------------------


def refused_cursor(system: System) -> None:
    """Have Google refuse all page tokens given so far, and wait until that is found out."""
    system.drive.invalidate(ANA)
    system.near.world.faults.remove()
    system.pass_time(2 * HOUR)


@pytest.fixture
def deaf(system: System) -> System:
    """Give a covered watch that hears of nothing more."""
    system.begin()
    system.pass_time(10 * SECOND)
    return system


def unheard(system: System) -> None:
    """Lose all messages from here on."""
    system.near.world.faults.set("drop")


def test_resync_tells_what_is_new_since_the_last_complete_pull(deaf: System) -> None:
    """By the items' own times; what was told before is told again only if it changed."""
    kept = deaf.drive.create(ANA, name="kept")
    edited = deaf.drive.create(ANA, name="edited")
    deaf.pass_time(10 * SECOND)
    unheard(deaf)
    deaf.drive.update(edited.id, name="anew")
    fresh = deaf.drive.create(ANA, name="fresh")
    refused_cursor(deaf)
    assert deaf.sink.kinds(kept.id) == ["file.created"]
    assert deaf.sink.kinds(edited.id) == ["file.created", "file.updated"]
    assert deaf.sink.kinds(fresh.id) == ["file.created"]
    assert deaf.sink.troubles() == ["resynced"]


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


def test_resync_finds_deletions_by_absence(deaf: System) -> None:
    """Remembered and gone: verified by a get, then told."""
    gone, kept = deaf.drive.create(ANA, name="gone"), deaf.drive.create(ANA, name="kept")
    unseen = deaf.drive.create(ANA, name="x")
    deaf.pass_time(10 * SECOND)
    unheard(deaf)
    deaf.drive.remove(gone.id)
    refused_cursor(deaf)
    assert deaf.sink.kinds(gone.id) == ["file.created", "file.removed"]
    assert (deaf.near.count(GET), deaf.sink.kinds(kept.id)) == (1, ["file.created"])
    assert deaf.sink.kinds(unseen.id) == ["file.created"]


def test_deletion_by_absence_and_by_word_have_one_id(deaf: System) -> None:
    """Told by absence, and again by Google's log after a loss of memory: the ids agree."""
    file = deaf.drive.create(ANA, name="a")
    deaf.pass_time(10 * SECOND)
    unheard(deaf)
    deaf.drive.remove(file.id)
    cursor = deaf.progress().cursor
    deaf.drive.invalidate(ANA)
    deaf.pass_time(2 * HOUR)
    told = [event for event in deaf.sink.told if event.subject == file.id]
    deaf.drive.logs[ANA].floor = 0
    with deaf.sqlite._file.writing() as store:  # as a backup of an hour ago would be
        store.execute("UPDATE progress SET document = json_set(document, '$.cursor', ?)", [cursor])
        store.execute("UPDATE seen SET state = 'present', ordinal = 0")
    deaf.pass_time(2 * HOUR)
    again = [event for event in deaf.sink.told if event.subject == file.id]
    assert [event.data["kind"] for event in again] == ["file.created", *["file.removed"] * 2]
    assert again[1].id == again[2].id == told[1].id


def test_item_that_a_list_forgot_is_not_told_as_gone(deaf: System) -> None:
    """Absence is told only when verified: a get finds it, so it is there."""
    file = deaf.drive.create(ANA, name="a")
    deaf.pass_time(10 * SECOND)

    def forget(call: Call, body: dict[str, Any]) -> None:
        if call.method == "files.list":
            body["files"] = []

    deaf.near.tamper = forget
    refused_cursor(deaf)
    assert deaf.near.count(GET) == 1
    assert deaf.sink.kinds(file.id) == ["file.created"]
    assert deaf.sink.troubles() == ["resynced"]


def test_resync_takes_its_new_cursor_first(deaf: System) -> None:
    """What changes while everything is listed is not lost: it comes after the new cursor."""
    late: list[str] = []

    def change(call: Call) -> None:
        if call.method == "files.list" and not late:
            late.append(deaf.drive.create(ANA, name="amid").id)

    deaf.near.between = change
    refused_cursor(deaf)
    deaf.pass_time(2 * HOUR)
    methods = [name for name, _ in deaf.near.calls]
    assert methods.index(FILES) > methods.index("drive.changes.getStartPageToken", 1)
    assert deaf.sink.kinds(late[0]) == ["file.created"]


@pytest.mark.parametrize(
    "odd",
    [{}, {"files": None}, {"incompleteSearch": True, "files": []}, {"nextPageToken": 7}],
    ids=["empty", "null", "incomplete", "no list"],
)
def test_list_that_breaks_off_is_an_error(deaf: System, odd: dict[str, Any]) -> None:
    """A 200 without the list's key, or an incomplete one, tells nothing and forgets nothing."""
    file = deaf.drive.create(ANA, name="a")
    deaf.pass_time(10 * SECOND)

    def broken(call: Call, body: dict[str, Any]) -> None:
        if call.method == "files.list":
            body.clear()
            body.update(odd)

    deaf.near.tamper = broken
    deaf.drive.invalidate(ANA)
    deaf.pass_time(2 * HOUR)
    assert deaf.sink.kinds() == ["file.created"]
    assert deaf.progress().failures > 0
    assert f"file:{file.id}" in memory(deaf)
    deaf.near.tamper = None
    deaf.pass_time(TICK * 20)
    assert deaf.sink.troubles() == ["resynced"]


def test_broken_log_is_an_error_not_an_end(deaf: System) -> None:
    """An answer of the log without its list or its next token moves no cursor."""
    cursor = deaf.progress().cursor

    def broken(call: Call, body: dict[str, Any]) -> None:
        if call.method == "changes.list":
            body.pop("newStartPageToken", None)

    deaf.near.tamper = broken
    file = deaf.drive.create(ANA, name="a")
    deaf.pass_time(SECOND)
    assert (deaf.progress().cursor, deaf.progress().failures) == (cursor, 1)
    deaf.near.tamper = None
    deaf.pass_time(2 * TICK)
    assert deaf.sink.kinds(file.id) == ["file.created"]


def test_interrupted_resync_goes_on_and_keeps_the_old_memory(
    deaf: System, small_pages: None
) -> None:
    """Page token and what it met are saved beside the memory, which stays valid until the end."""
    files = [deaf.drive.create(ANA, name=str(number)) for number in range(35)]
    deaf.pass_time(10 * SECOND)
    unheard(deaf)
    deaf.drive.remove(files[0].id)
    deaf.drive.invalidate(ANA)
    for _ in range(2):
        deaf.near.refuse(FILES, None)
    deaf.near.refuse(FILES, LATER)
    lists = deaf.near.count(FILES)
    deaf.next_tick = None
    deaf.clock.move(2 * HOUR)
    deaf.tick()
    deaf.settle()
    assert deaf.near.count(FILES) - lists == 3
    assert deaf.progress().listing is not None
    assert len(memory(deaf)) == 35
    assert deaf.sink.troubles() == []
    deaf.next_tick = deaf.clock.now()
    deaf.pass_time(2 * TICK)
    assert deaf.near.count(FILES) - lists == 5
    assert deaf.sink.kinds().count("file.removed") == 1
    assert deaf.sink.troubles() == ["resynced"]


def test_verifying_much_keeps_to_the_time(deaf: System) -> None:
    """A hundred gets of ten seconds each: no request works longer than 240 s."""
    files = [deaf.drive.create(ANA, name=str(number)) for number in range(100)]
    deaf.pass_time(10 * SECOND)
    unheard(deaf)
    for file in files:
        deaf.drive.remove(file.id)
    deaf.drive.invalidate(ANA)
    deaf.near.cost = timedelta(seconds=10)
    deaf.next_tick = None
    deaf.clock.move(2 * HOUR)
    deaf.tick()
    lengths: list[timedelta] = []
    while job := deaf.queue.take():
        began = deaf.clock.now()
        deaf.sync(job)
        lengths.append(deaf.clock.now() - began)
    assert max(lengths) <= timedelta(seconds=250)
    assert "lease lost" not in deaf.journal.decisions()
    assert deaf.sink.kinds().count("file.removed") == 100
    assert deaf.near.count(GET) == 100
    assert deaf.sink.troubles() == ["resynced"]


def test_void_page_is_read_again_from_the_cursor(deaf: System, small_pages: None) -> None:
    """A page token may be too old where the cursor is not: that is no resync."""
    for number in range(35):
        deaf.drive.create(ANA, name=str(number))
    deaf.near.refuse(LISTED, None)
    deaf.near.refuse(LISTED, LATER)
    deaf.pass_time(SECOND)
    page = deaf.progress().page
    assert page is not None
    deaf.near.refuse(LISTED, CursorExpired("410"))
    deaf.pass_time(3 * TICK)
    assert deaf.sink.troubles() == []
    assert deaf.sink.kinds() == ["file.created"] * 35


# --- what comes back, and what was never seen -----------------------------------------------------


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


# --- one file -------------------------------------------------------------------------------------


@pytest.fixture
def watched(system: System) -> str:
    """Watch one file; give its id."""
    file = system.drive.create(ANA, name="watched")
    source = {"source": "drive.files", "subject": ANA, "params": {"fileId": file.id}}
    system.declare(ana=source)
    system.pass_time(3 * TICK)
    return file.id


def test_single_file_tells_its_changes(system: System, watched: str) -> None:
    """Compared with what was seen of it; never `created`."""
    system.drive.update(watched, name="b")
    system.pass_time(5 * SECOND)
    system.drive.trash(watched)
    system.pass_time(5 * SECOND)
    system.drive.untrash(watched)
    system.pass_time(5 * SECOND)
    assert system.sink.kinds() == ["file.updated", "file.trashed", "file.untrashed"]
    assert system.sink.told[0].data["seen_before"] is True


def test_single_file_that_is_gone_is_told_once_then_parked(system: System, watched: str) -> None:
    """A second 404 within 5 s of the first: `file.removed`, then the watch is parked."""
    system.near.world.faults.set("drop")
    system.drive.remove(watched)
    before = system.near.count(GET)
    system.pass_time(2 * HOUR)
    assert system.sink.kinds() == ["file.removed", "watch.parked"]
    assert system.near.count(GET) - before >= 2
    assert system.progress().verdict is Verdict.NOT_FOUND
    system.pass_time(2 * DAY)
    assert system.sink.kinds() == ["file.removed", "watch.parked"]


def test_single_404_of_a_file_is_no_removal(system: System, watched: str) -> None:
    """Google errs: asked again within 5 s, the file is there."""
    system.near.refuse(GET, GONE)
    system.drive.update(watched, name="b")
    began = system.clock.now()
    system.settle()
    assert system.sink.kinds() == ["file.updated"]
    assert system.clock.now() - began <= 5 * SECOND


def test_file_that_returns_is_told_again(system: System, watched: str) -> None:
    """Shared anew after its removal: the watch resumes, and tells it as first seen."""
    other = system.drive.create("ben@example.com", name="shared", file_id="SHARED")
    system.drive.share(other.id, ANA)
    system.declare(ana={"source": "drive.files", "subject": ANA, "params": {"fileId": "SHARED"}})
    system.pass_time(3 * TICK)
    system.drive.unshare(other.id, ANA)
    system.pass_time(2 * HOUR)
    system.drive.share(other.id, ANA)
    system.pass_time(DAY)
    assert system.sink.kinds() == ["file.removed", "watch.parked", "file.updated", "watch.resumed"]
    assert system.sink.told[2].data["seen_before"] is False
    assert [channel.state for channel in system.channels()] == [ChannelState.LIVE]


def test_file_that_never_was_parks_its_watch_without_a_removal(system: System) -> None:
    """Nothing was seen of it, so nothing is told as gone."""
    params = {"fileId": "nowhere"}
    system.declare(ana={"source": "drive.files", "subject": ANA, "params": params})
    system.pass_time(3 * TICK)
    assert system.sink.kinds() == ["watch.parked"]


# --- odd entries ----------------------------------------------------------------------------------


def test_unreadable_entry_never_holds_up_its_watch(deaf: System) -> None:
    """It goes to the dead letters with its error, is counted, and the cursor goes on."""

    def spoil(call: Call, body: dict[str, Any]) -> None:
        if call.method == "changes.list" and body.get("changes"):
            body["changes"].insert(0, {"changeType": "file", "file": {"name": "no id"}})
            deaf.near.tamper = None

    deaf.near.tamper = spoil
    file = deaf.drive.create(ANA, name="a")
    deaf.pass_time(5 * SECOND)
    assert deaf.sink.kinds() == ["file.created"]
    assert deaf.sink.told[0].subject == file.id
    with deaf.sqlite._file.reading() as store:
        ((watch, error),) = store.execute("SELECT watch, error FROM unreadable").fetchall()
    assert watch == "ana"
    assert "fileId" in error
    ((_, facts),) = deaf.journal.warnings
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
def test_news_of_other_things_is_never_an_error(deaf: System, entry: dict[str, Any]) -> None:
    """My Drive's log may speak of shared drives, or of what Google adds one day."""

    def add(call: Call, body: dict[str, Any]) -> None:
        if call.method == "changes.list" and body.get("changes"):
            body["changes"].append(entry)

    deaf.near.tamper = add
    file = deaf.drive.create(ANA, name="a")
    deaf.pass_time(5 * SECOND)
    assert deaf.sink.kinds(file.id) == ["file.created"]
    assert (deaf.progress().failures, deaf.journal.warnings) == (0, [])


def test_memory_is_saved_with_or_before_the_cursor(deaf: System) -> None:
    """At every write that moves the cursor, what it covers is remembered already."""
    file = deaf.drive.create(ANA, name="a")
    before = deaf.progress().cursor
    seen: list[tuple[bool, bool]] = []
    deaf.watching = lambda: seen.append(
        (deaf.progress().cursor != before, f"file:{file.id}" in memory(deaf))
    )
    deaf.pass_time(5 * SECOND)
    assert (True, True) in seen
    assert (True, False) not in seen
