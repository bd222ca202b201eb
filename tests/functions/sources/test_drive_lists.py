"""What is asked of Drive, and its lists of files, single files, and answers of any kind."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.domain.change import compare
from functions.domain.errors import Unavailable
from functions.domain.event import event_of
from functions.domain.model import Watch
from functions.sources.source import Moment
from tests.functions.domain.anything import json_values
from tests.functions.sources.drive_answers import (
    CHANGED,
    DRIVE,
    FILE,
    LOG,
    MINE,
    MOMENT,
    NOW,
    ONE,
    SHARED,
    answer,
    log,
    only,
)


def test_a_shared_drive_s_log_is_its_own() -> None:
    """Every call names the drive; the log of My Drive asks for no shared drives."""
    for call in (
        LOG.changes(SHARED, MOMENT),
        LOG.start(SHARED),
        LOG.listing(SHARED, MOMENT),
        LOG.watch(SHARED, cursor="100", body={}),
    ):
        assert call.params["driveId"] == "0AD"
    assert LOG.changes(SHARED, MOMENT).params["includeItemsFromAllDrives"] is True
    assert LOG.changes(MINE, MOMENT).params["includeItemsFromAllDrives"] is False
    assert "driveId" not in LOG.start(MINE).params


def test_a_page_goes_before_the_cursor() -> None:
    """A pull that broke off goes on at its page; a watch is opened on the cursor."""
    paged = Moment(now=NOW, cursor="100", page="p2")
    assert LOG.changes(MINE, MOMENT).params["pageToken"] == "100"
    assert LOG.changes(MINE, paged).params["pageToken"] == "p2"
    assert LOG.listing(MINE, paged).params["pageToken"] == "p2"
    assert "pageToken" not in LOG.listing(MINE, MOMENT).params
    assert LOG.watch(MINE, cursor="100", body={}).params["pageToken"] == "100"
    assert LOG.read_start(answer(startPageToken="100")) == "100"
    with pytest.raises(Unavailable):
        LOG.read_start(answer())


# --- lists and single files ----------------------------------------------------------------------


def test_a_list_of_files_must_be_whole() -> None:
    """Google says when its search was incomplete: what is missing then is not gone."""
    page = LOG.read_listing(MINE, MOMENT, answer(files=[FILE], nextPageToken="p2"))
    assert (only(page).item, page.page) == ("1abc", "p2")
    assert only(page).changed == datetime(2026, 3, 1, 11, tzinfo=UTC)
    for body in ({"files": [FILE], "incompleteSearch": True}, {}, {"files": "none"}):
        with pytest.raises(Unavailable):
            LOG.read_listing(MINE, MOMENT, answer(**body))


def test_a_single_file_is_never_created() -> None:
    """It was there before it was watched, or it could not have been named."""
    one = ONE.read_get({"fileId": "1abc"}, answer(**FILE), item="1abc")
    assert not one.tells_created
    assert only(ONE.read_listing({"fileId": "1abc"}, MOMENT, answer(**FILE))) == one
    young = {**FILE, "createdTime": "2027-01-01T00:00:00Z"}
    found = ONE.read_get({"fileId": "1abc"}, answer(**young), item="1abc")
    told = compare(found, None, baseline_at=NOW, now=NOW + timedelta(days=400)).change
    assert told is not None
    assert told.kind == "file.updated"
    with pytest.raises(Unavailable):
        ONE.read_get({"fileId": "1abc"}, answer(kind="drive#file"), item="1abc")


_entries = st.lists(
    st.dictionaries(
        st.sampled_from([*CHANGED, *DRIVE, "teamDriveId"]), json_values, max_size=4
    ).map(lambda edit: {**CHANGED, **edit})
    | st.dictionaries(st.sampled_from(list(FILE)), json_values, max_size=4).map(
        lambda edit: {**CHANGED, "file": {**FILE, **edit}}
    )
    | json_values,
    max_size=4,
)


@given(_entries, st.sampled_from([MINE, SHARED]))
def test_any_log_is_read_and_can_be_told(entries: list[Any], params: dict[str, Any]) -> None:
    """Invariant: whatever the entries are, the page is read, and what is found makes events."""
    page = log(*entries, params=params)
    assert len(page.found) + len(page.unreadable) <= len(entries)
    for one in page.found:
        first = compare(one, None, baseline_at=NOW, now=NOW)
        assert first.change is not None
        assert first.change.kind in LOG.profile.kinds
        assert event_of(first.change, Watch(id="a", source="drive.changes")).attributes()["time"]
        assert compare(one, first.entry, baseline_at=NOW, now=NOW).change is None
