"""Nouns come back from stored fields; what somebody spoilt is told apart from what is well."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given

from functions.domain.change import Seen, State, Step
from functions.domain.fields import from_fields, salvage, to_fields
from functions.domain.model import Channel, ChannelState, Listing, Progress, Verdict, Watch
from tests.contracts.store_examples import NOW, channel, channels, progress, progresses


@given(progresses)
def test_progress_comes_back(value: Progress) -> None:
    """Any progress is read as it was written, and nothing of it needs salvaging."""
    assert from_fields(Progress, to_fields(value)) == value
    assert salvage(Progress, to_fields(value)) == (value, ())


@given(channels)
def test_channel_comes_back(value: Channel) -> None:
    """Any channel is read as it was written, also of the service account itself."""
    assert from_fields(Channel, to_fields(value)) == value
    assert salvage(Channel, to_fields(value)) == (value, ())


def test_lengths_are_seconds() -> None:
    """A length of time is stored as a number of seconds."""
    watch = Watch(id="a", source="drive.changes", poll=timedelta(hours=2), ttl=timedelta(days=1))
    stored = to_fields(watch)
    assert (stored["poll"], stored["ttl"]) == (7200, 86400)
    assert from_fields(Watch, stored) == watch


def test_times_may_be_texts() -> None:
    """Stores without times keep RFC 3339, of any zone: it is read as UTC."""
    stored = {"version": "", "step": {"mark": "m", "ordinal": 1, "at": "2026-03-04T07:06:07+02:00"}}
    step = Step(mark="m", ordinal=1, at=datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC))
    assert from_fields(Seen, stored) == Seen(version="", step=step)


def test_times_of_a_stores_own_kind_are_normalised() -> None:
    """A subclass of datetime in another zone becomes a plain one in UTC."""

    class Stored(datetime):
        pass

    at = Stored(2026, 3, 4, 7, tzinfo=timezone(timedelta(hours=2)))
    found = from_fields(Progress, {"watch": "a", "due_at": at}).due_at
    assert type(found) is datetime
    assert found == datetime(2026, 3, 4, 5, tzinfo=UTC)
    assert found.tzinfo is UTC


def test_unknown_fields_are_passed_over() -> None:
    """What a later version, or the store, added is not ours to read."""
    assert from_fields(Progress, {"watch": "a", "new": 1}) == progress("a")


def test_null_is_as_absent() -> None:
    """A field that must have a value keeps its default if null is stored."""
    assert from_fields(Progress, {"watch": "a", "failures": None, "known": None}) == progress("a")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("cursor", 7),
        ("failures", "3"),
        ("failures", True),
        ("held", 1),
        ("due_at", 1767225600),
        ("due_at", "tomorrow"),
        ("due_at", "2026-03-04T05:06:07"),
        ("verdict", "fine"),
        ("verdict", 0),
        ("listing", "baseline"),
        ("listing", {"mode": "baseline"}),
        ("listing", {"mode": "baseline", "round": "1"}),
        ("known", "c1"),
        ("known", {"c1": True}),
        ("uncovered_seconds", "long"),
        ("uncovered_seconds", []),
    ],
)
def test_spoilt_field_is_named(name: str, value: Any) -> None:
    """A field of a wrong type is an error, or is salvaged at its default; the others stay."""
    stored = to_fields(progress("a", subject="ana@example.com", pull_at=NOW)) | {name: value}
    with pytest.raises((TypeError, ValueError)):
        from_fields(Progress, stored)
    expected = progress("a", subject="ana@example.com", pull_at=NOW)
    assert salvage(Progress, stored) == (expected, (name,))


@pytest.mark.parametrize("name", ["id", "watch", "source", "state", "opened_at", "key_id"])
def test_what_lacks_a_needed_field_is_lost(name: str) -> None:
    """Without a field that has no default there is no noun, whether it is missing or spoilt."""
    stored = to_fields(channel())
    spoilt = stored | {name: ["x"]}
    assert salvage(Channel, spoilt) == (None, (name,))
    del stored[name]
    assert salvage(Channel, stored) == (None, ())
    with pytest.raises(TypeError):
        from_fields(Channel, stored)


def test_fields_are_plain() -> None:
    """What is stored is JSON but for its times: no enum, tuple or noun is left."""
    value = progress(
        verdict=Verdict.INVALID, known=("c1",), listing=Listing(mode="compare", round=2)
    )
    stored = to_fields(value)
    assert type(stored["verdict"]) is str
    assert stored["known"] == ["c1"]
    assert stored["listing"]["round"] == 2
    assert type(to_fields(channel(state=ChannelState.OPENING))["state"]) is str
    assert type(to_fields(Seen(version="1", state=State.GONE))["state"]) is str
    json.dumps(stored)
