"""How Calendar's answers are read: what is new, what is gone, what is broken."""

from __future__ import annotations

from typing import Any

import pytest

from functions.domain.change import State
from functions.domain.errors import Unavailable
from functions.sources.calendar import CalendarAcl, CalendarEvents, CalendarList, CalendarSettings
from functions.sources.source import Moment
from tests.functions.sources.answering import MOMENT, NOW, answer

EVENTS = CalendarEvents()
MINE = {"calendarId": "primary"}
EVENT: dict[str, Any] = {
    "id": "e1",
    "etag": '"1"',
    "status": "confirmed",
    "created": "2026-02-01T10:00:00.000Z",
    "updated": "2026-03-01T10:00:00.000Z",
}


def test_token_lists_with_the_parameters_of_the_first_list() -> None:
    """Google wants them equal, and no `showDeleted`, `timeMin` or the like with a token."""
    full = dict(EVENTS.listing(MINE, MOMENT).params)
    since = EVENTS.changes(MINE, MOMENT)
    assert dict(since.params) == {**full, "syncToken": "100"}
    assert full.keys() == {"calendarId", "maxResults"}


def test_pages_keep_the_sync_token() -> None:
    """While paging both tokens are given."""
    moment = Moment(now=NOW, cursor="100", page="p2")
    assert {"syncToken": "100", "pageToken": "p2"}.items() <= dict(
        EVENTS.changes(MINE, moment).params
    ).items()


def test_watch_filters_nothing() -> None:
    """With `eventTypes` a channel may stay silent: none is given."""
    call = EVENTS.watch(MINE, cursor="100", body={"id": "c"})
    assert dict(call.params) == MINE


def test_event_is_read() -> None:
    """Its etag is its version, its own times are kept."""
    page = EVENTS.read_changes(MINE, MOMENT, answer({"items": [EVENT], "nextSyncToken": "t"}))
    (found,) = page.found
    assert (page.cursor, page.page) == ("t", None)
    assert (found.item, found.version, found.state) == ("e1", '"1"', State.PRESENT)
    assert found.born is not None
    assert found.changed is not None
    assert found.known_at_baseline is False


@pytest.mark.parametrize(
    ("source", "resource"),
    [
        (EVENTS, {"id": "e1", "status": "cancelled"}),
        (EVENTS, {"id": "e1_20260401", "status": "cancelled", "recurringEventId": "e1"}),
        (CalendarList(), {"id": "c1", "deleted": True}),
        (CalendarAcl(), {"id": "user:b", "etag": '"1"', "role": "none"}),
    ],
)
def test_what_is_gone_needs_no_version(source: CalendarEvents, resource: dict[str, Any]) -> None:
    """Cancelled, deleted, without a role: the record of a deletion may say next to nothing."""
    body = {"items": [resource], "nextSyncToken": "t"}
    (found,) = source.read_changes({}, MOMENT, answer(body)).found
    assert (found.state, found.version) == (State.GONE, None)


def test_what_has_no_creation_time_is_new_when_first_seen() -> None:
    """Calendars, rules and settings: the baseline knows all there was."""
    body = {"items": [{"id": "locale", "etag": '"1"', "value": "de"}], "nextSyncToken": "t"}
    (found,) = CalendarSettings().read_changes({}, MOMENT, answer(body)).found
    assert found.known_at_baseline is True


@pytest.mark.parametrize("body", [{}, {"items": []}, {"nextSyncToken": "t"}, {"items": 3}])
def test_answer_without_its_keys_is_no_empty_list(body: dict[str, Any]) -> None:
    """An error, so that nothing is taken for absent and no cursor is lost."""
    for read in (EVENTS.read_changes, EVENTS.read_listing):
        with pytest.raises(Unavailable):
            read(MINE, MOMENT, answer(body))


def test_unreadable_entry_holds_up_no_other() -> None:
    """It is named, the rest is told, and the cursor goes on."""
    items = [{"id": ""}, EVENT, {"id": "no etag"}]
    page = EVENTS.read_changes(MINE, MOMENT, answer({"items": items, "nextSyncToken": "t"}))
    assert [found.item for found in page.found] == ["e1"]
    assert len(page.unreadable) == 2
    assert page.cursor == "t"
