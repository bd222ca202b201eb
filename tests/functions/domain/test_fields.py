"""Stored fields: what is written is read, strangers are passed over, edits are survived."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from functions.domain.change import Seen, State, Step
from functions.domain.fields import from_fields, salvage, to_fields
from functions.domain.model import Channel, ChannelState, Job, Listing, Progress, Verdict, Watch
from tests.functions.domain.anything import nouns, values
from tests.functions.examples import NOW, channel, progress

NOUNS: list[type[Any]] = [Watch, Channel, Progress, Listing, Job, Seen, Step]


def as_text(value: object) -> str:
    """Write a time as stores do that have no type for it."""
    assert isinstance(value, datetime)
    return value.isoformat()


@settings(max_examples=60)
@given(st.sampled_from(NOUNS).flatmap(nouns))
def test_what_is_written_is_read_as_the_same(noun: Any) -> None:
    """Invariant: fields, as they are or through JSON, give the noun they were made of."""
    stored = to_fields(noun)
    assert from_fields(type(noun), stored) == noun
    assert from_fields(type(noun), json.loads(json.dumps(stored, default=as_text))) == noun
    assert salvage(type(noun), stored) == (noun, ())


def test_the_stored_names_are_the_fields_names() -> None:
    """Who reads the store finds the words of the README, enums as their texts, times as times."""
    stored = to_fields(progress(verdict=Verdict.UNAUTHORIZED, due_at=NOW, known=("c1",)))
    assert stored["verdict"] == "unauthorized"
    assert type(stored["verdict"]) is str
    assert stored["due_at"] == NOW
    assert stored["known"] == ["c1"]
    assert to_fields(channel())["state"] == "live"


def test_nested_nouns_are_maps() -> None:
    """A noun within a noun, a length and a map of maps are plain values in the store."""
    stored = to_fields(
        Watch(id="a", source="s", poll=timedelta(minutes=90), handle=({"run": "x"},))
    )
    assert stored["poll"] == 5400.0
    assert stored["handle"] == [{"run": "x"}]
    step = to_fields(Seen(version="1", step=Step(mark="m", ordinal=1, at=NOW)))["step"]
    assert step == {"mark": "m", "ordinal": 1, "at": NOW}


def test_unknown_fields_are_passed_over() -> None:
    """A newer release may store more; an older one reads what it knows."""
    assert from_fields(Progress, {"watch": "a", "invented": {"later": 1}}) == Progress(watch="a")


def test_an_absent_field_has_its_default() -> None:
    """An older release has stored less; null counts as absent where nothing may be null."""
    found = from_fields(Progress, {"watch": "a", "failures": None, "cursor": None})
    assert found == Progress(watch="a")


def test_times_are_utc_whatever_zone_they_were_stored_in() -> None:
    """The same moment is the same value, so that records compare."""
    east = timezone(timedelta(hours=2))
    found = from_fields(Progress, {"watch": "a", "due_at": NOW.astimezone(east)})
    assert found.due_at == NOW
    assert found.due_at is not None
    assert found.due_at.tzinfo is UTC


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("failures", "1"),
        ("failures", True),
        ("failures", 1.0),
        ("cursor", 100),
        ("held", 1),
        ("due_at", "yesterday"),
        ("due_at", "2026-03-01T12:00:00"),
        ("due_at", 1772366400),
        ("due_at", "0001-01-01T00:00:00+23:00"),
        ("verdict", "splendid"),
        ("known", "c1"),
        ("known", [1]),
        ("notices", ["told"]),
        ("listing", "baseline"),
        ("listing", {"mode": "baseline"}),
        ("granted_seconds", "long"),
        ("granted_seconds", 10**400),
        ("uncovered_seconds", [1]),
    ],
)
def test_an_unreadable_field_is_an_error_or_at_its_default(name: str, value: object) -> None:
    """Read strictly it is refused; salvaged, it is named and all others are kept."""
    stored = {"watch": "a", name: value, "reason": "kept"}
    with pytest.raises((TypeError, ValueError)):
        from_fields(Progress, stored)
    assert salvage(Progress, stored) == (Progress(watch="a", reason="kept"), (name,))


def test_a_document_without_what_it_needs_gives_nothing() -> None:
    """A field without a default cannot be guessed; its name is told if it was there."""
    assert salvage(Progress, {"reason": "who am I?"}) == (None, ())
    assert salvage(Progress, {"watch": 1, "failures": "2"}) == (None, ("watch", "failures"))
    with pytest.raises(TypeError):
        from_fields(Progress, {})


_edits = st.sampled_from([*to_fields(progress()), *to_fields(channel()), "invented"])


@given(st.sampled_from(NOUNS), st.dictionaries(_edits, values, max_size=6))
@example(
    Progress, {"watch": "a", "due_at": datetime.max.replace(tzinfo=timezone(-timedelta(hours=1)))}
)
@example(Watch, {"id": "a", "source": "s", "poll": 1e300})
def test_salvaging_is_total(noun: type[Any], edits: dict[str, Any]) -> None:
    """Invariant: whatever somebody has stored, reading it gives the noun or nothing, no error."""
    found, bad = salvage(noun, edits)
    assert found is None or isinstance(found, noun)
    assert set(bad) <= set(edits)


@pytest.mark.parametrize("kind", [Verdict, ChannelState, State])
def test_stored_words_never_change(kind: Any) -> None:
    """What older releases have stored must stay readable."""
    assert [str(each) for each in kind] == {
        Verdict: ["ok", "unwatchable", "unauthorized", "not_found", "invalid"],
        ChannelState: ["opening", "live", "retiring", "closed"],
        State: ["present", "trashed", "gone"],
    }[kind]
