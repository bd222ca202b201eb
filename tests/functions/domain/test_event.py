"""Events: ids that never vary, attributes as CloudEvents wants them, cuts that still identify."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.domain.event import event_of, rfc3339, stable_id, trouble_event
from tests.functions.domain.items import NOW, WATCH, change, found, id_of, seen

CHANGE = change(found(version="6", stamp="six"), seen())
EVENT = event_of(CHANGE, WATCH)

parts = st.text(st.characters(exclude_characters="\0"), max_size=8)


def test_a_change_becomes_the_event_of_the_contract() -> None:
    """Every attribute is where a subscriber's filter looks for it."""
    assert EVENT.attributes() == {
        "specversion": "1.0",
        "id": EVENT.id,
        "source": "/watches/ana-drive",
        "type": "watchkeeper.drive.changes.file.updated",
        "subject": "f1",
        "time": "2026-03-01T12:55:00Z",
        "datacontenttype": "application/json",
        "watch": "ana-drive",
        "account": "ana@example.com",
    }
    assert EVENT.data == {"kind": "file.updated", "item": {"id": "f1"}, "seen_before": True}


def test_the_service_account_s_own_watch_has_no_account() -> None:
    """An attribute without a value is left out: an empty one is not allowed."""
    attributes = event_of(CHANGE, replace(WATCH, subject=None)).attributes()
    assert "account" not in attributes
    assert all(attributes.values())


def test_attribute_names_are_cloudevents_names() -> None:
    """Lower-case letters and digits, at most twenty of them."""
    assert all(re.fullmatch(r"[a-z0-9]{1,20}", name) for name in EVENT.attributes())


@pytest.mark.parametrize(
    "edit",
    [{"kind": "file.trashed"}, {"item": "f2"}, {"version": "7"}, {"version": "6~1"}],
)
def test_another_change_has_another_id(edit: dict[str, Any]) -> None:
    """Kind, item and version make the id."""
    assert id_of(replace(CHANGE, **edit)) != id_of(CHANGE)


@pytest.mark.parametrize(
    "edit",
    [{"time": NOW}, {"resource": {"id": "f1", "viewed": True}}, {"seen_before": False}],
)
def test_how_and_when_it_was_read_is_not_in_the_id(edit: dict[str, Any]) -> None:
    """The same change read again, later or with other words, is the same event."""
    assert id_of(replace(CHANGE, **edit)) == id_of(CHANGE)


def test_another_watch_tells_under_another_id() -> None:
    """Two watches of one file tell two events; what else a watch declares does not matter."""
    assert event_of(CHANGE, replace(WATCH, id="ben-drive")).id != EVENT.id
    edited = replace(WATCH, poll=timedelta(minutes=2), subject=None, paused=True)
    assert event_of(CHANGE, edited).id == EVENT.id


@given(st.lists(parts, min_size=1, max_size=4), st.lists(parts, min_size=1, max_size=4))
def test_ids_differ_where_parts_differ(some: list[str], others: list[str]) -> None:
    """Invariant: no shifting of characters between the parts makes two changes one."""
    assert (stable_id(*some) == stable_id(*others)) == (some == others)


def test_ids_stay_what_they_were() -> None:
    """A new release must not tell old changes anew: the ids are fixed for good."""
    assert stable_id("ana-drive", "file.updated", "f1", "6") == "75f8898e8d1e2d46eb330da52f2dc46a"


def test_a_trouble_is_told_under_the_time_it_was_first_stored() -> None:
    """Parked once is one event, however often it is told; parked again is another."""

    def parked(since: str, at: datetime = NOW) -> str:
        return trouble_event(
            "parked", watch="ana-drive", account=None, since=since, at=at, data={}
        ).id

    assert parked("2026-03-01T12:00:00Z") == parked("2026-03-01T12:00:00Z", NOW + timedelta(1))
    assert parked("2026-03-01T12:00:00Z") != parked("2026-03-02T12:00:00Z")


def test_a_trouble_is_an_event_of_the_watch() -> None:
    """It has no subject, the watch's account, and its data as given."""
    event = trouble_event(
        "parked",
        watch="ana-drive",
        account="ana@example.com",
        since="t",
        at=NOW,
        data={"verdict": "not_found"},
    )
    attributes = event.attributes()
    assert attributes["type"] == "watchkeeper.watch.parked"
    assert attributes["source"] == "/watches/ana-drive"
    assert attributes["account"] == "ana@example.com"
    assert "subject" not in attributes
    assert event.data == {"verdict": "not_found"}


def test_a_cut_event_still_says_what_it_is_about() -> None:
    """All but the item stays, of the item its id and version, and the cut is said."""
    item = {"id": "f1", "version": "6", "etag": "e", "description": "x" * 9_000_000}
    whole = event_of(replace(CHANGE, resource=item), WATCH)
    cut = whole.truncated()
    assert cut.attributes() == whole.attributes()
    assert cut.data == {
        "kind": "file.updated",
        "item": {"id": "f1", "version": "6", "etag": "e"},
        "seen_before": True,
        "truncated": True,
    }
    assert cut.truncated() == cut


def test_a_trouble_can_be_cut_too() -> None:
    """An event without an item has nothing to lose."""
    event = trouble_event(
        "resynced", watch="a", account=None, since="s", at=NOW, data={"reason": "r"}
    )
    assert event.truncated().data == {"reason": "r", "item": {}, "truncated": True}


@given(st.datetimes(datetime(2, 1, 1), datetime(9998, 1, 1)), st.integers(-1439, 1439))  # noqa: DTZ001
def test_a_time_is_written_in_utc(naive: datetime, minutes: int) -> None:
    """Invariant: RFC 3339 with a Z, and the same moment when read back."""
    time = naive.replace(tzinfo=timezone(timedelta(minutes=minutes)))
    text = rfc3339(time)
    assert text.endswith("Z")
    assert datetime.fromisoformat(text) == time
    assert rfc3339(time.astimezone(UTC)) == text
