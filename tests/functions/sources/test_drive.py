"""Drive's change log: what an entry is, and that none holds up the others."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from functions.domain.change import State, compare
from functions.domain.errors import Unavailable
from functions.domain.event import event_of
from functions.domain.model import Watch
from tests.functions.sources.drive_answers import (
    CHANGED,
    DRIVE,
    FILE,
    LOG,
    MINE,
    MOMENT,
    NO_VERSIONS,
    NOW,
    REMOVED,
    SHARED,
    answer,
    log,
    only,
)


def test_a_changed_file_is_found_with_its_version_and_times() -> None:
    """When it changed says the log; since when it exists says the file."""
    one = only(log(CHANGED))
    assert (one.noun, one.item, one.version, one.state) == ("file", "1abc", "7", State.PRESENT)
    assert one.born == datetime(2026, 2, 1, 8, tzinfo=UTC)
    assert one.changed == datetime(2026, 3, 1, 11, 59, tzinfo=UTC)
    assert one.resource == FILE


@pytest.mark.parametrize("trashed", [True, False, None, "true"])
def test_a_file_is_in_the_trash_if_google_says_so(trashed: object) -> None:
    """Nothing but a plain yes counts."""
    one = only(log({**CHANGED, "file": {**FILE, "trashed": trashed}}))
    assert one.state is (State.TRASHED if trashed is True else State.PRESENT)


@pytest.mark.parametrize(
    "entry", [REMOVED, {**REMOVED, "removed": False}, {**REMOVED, "file": FILE}]
)
def test_a_removal_is_what_has_no_file_or_says_so(entry: dict[str, Any]) -> None:
    """Deleted, or access lost: the record is told, with the id where a file has it."""
    one = only(log(entry))
    assert (one.state, one.gone_verb, one.version) == (State.GONE, "removed", None)
    assert one.resource["id"] == one.item == "1abc"
    assert one.resource["removed"] is entry["removed"]
    assert one.changed == datetime(2026, 3, 1, 11, 59, tzinfo=UTC)


def test_a_view_is_no_other_stamp() -> None:
    """Who looked at it, and links that vary, make no change; anything else does."""
    before = only(log(CHANGED)).stamp
    for name in (
        "version",
        "viewedByMe",
        "viewedByMeTime",
        "thumbnailLink",
        "iconLink",
        "webViewLink",
    ):
        assert only(log({**CHANGED, "file": {**FILE, name: "8"}})).stamp == before
    for name in ("name", "md5Checksum", "parents", "modifiedTime", "a field of 2030"):
        assert only(log({**CHANGED, "file": {**FILE, name: "8"}})).stamp != before


def test_news_of_drives_are_told_by_the_drive_s_own_watch() -> None:
    """The watch of My Drive leaves them out, and so does that of another drive."""
    assert log(DRIVE).found == ()
    assert log({**DRIVE, "driveId": "other"}, params=SHARED).found == ()
    one = only(log(DRIVE, params=SHARED))
    assert (one.noun, one.item, one.state, one.version) == ("drive", "0AD", State.PRESENT, None)
    assert one.resource == DRIVE["drive"]
    assert not one.tells_created
    gone = only(log({**DRIVE, "removed": True}, params=SHARED))
    assert (gone.state, gone.gone_verb) == (State.GONE, "removed")


def test_the_cursor_is_on_the_last_page_alone() -> None:
    """Between pages there is a page token; the new start token is there when all is read."""
    middle = LOG.read_changes(MINE, MOMENT, answer(changes=[CHANGED], nextPageToken="p2"))
    assert (middle.page, middle.cursor) == ("p2", None)
    assert (log().page, log().cursor) == (None, "101")


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"newStartPageToken": "101"},
        {"changes": None, "newStartPageToken": "101"},
        {"changes": []},
        {"changes": [], "newStartPageToken": 101},
        {"changes": [], "nextPageToken": 5},
    ],
)
def test_an_answer_without_its_list_or_cursor_is_broken(body: dict[str, Any]) -> None:
    """A 200 that says nothing is no empty list: it is asked for again."""
    with pytest.raises(Unavailable):
        LOG.read_changes(MINE, MOMENT, answer(**body))


@pytest.mark.parametrize(
    "entry",
    [
        {**CHANGED, "fileId": None},
        {**CHANGED, "fileId": ""},
        {**REMOVED, "fileId": 7},
        *({**CHANGED, "file": {**FILE, "version": version}} for version in NO_VERSIONS),
        {**CHANGED, "file": {**FILE, "id": 5}},
    ],
)
def test_an_entry_that_makes_no_sense_holds_up_no_other(entry: dict[str, Any]) -> None:
    """It is named as unreadable; what stands beside it is found."""
    page = log(entry, REMOVED)
    assert len(page.unreadable) == 1
    assert [each.state for each in page.found] == [State.GONE]
    assert page.cursor == "101"


@pytest.mark.parametrize(
    "time", [None, 5, "yesterday", "2026-03-01T11:00:00", "0001-01-01T00:00:00+01:00"]
)
def test_a_time_that_is_none_is_left_out(time: object) -> None:
    """Then the file's own time serves, or none; an event can be made of it all the same."""
    one = only(log({**CHANGED, "time": time}))
    assert one.changed == datetime(2026, 3, 1, 11, tzinfo=UTC)
    bare = only(log({**CHANGED, "time": time, "file": {"version": "7", "modifiedTime": time}}))
    assert bare.changed is None
    told = compare(bare, None, baseline_at=NOW, now=NOW).change
    assert told is not None
    event = event_of(told, Watch(id="a", source="drive.changes"))
    assert event.attributes()["time"] == "2026-03-01T12:00:00Z"


def test_a_time_in_another_zone_is_the_same_time() -> None:
    """Whatever zone Google writes in, what is kept and told is UTC."""
    one = only(log({**CHANGED, "time": "2026-03-01T12:59:00+01:00"}))
    assert one.changed == datetime(2026, 3, 1, 11, 59, tzinfo=UTC)
    assert one.changed is not None
    assert one.changed.tzinfo is UTC
