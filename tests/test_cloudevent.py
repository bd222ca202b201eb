"""Events are written as CloudEvents that the official reader reads, whatever they contain."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from cloudevents.http import from_http, from_json
from hypothesis import given
from hypothesis import strategies as st

from functions.domain.event import Event
from infra.cloudevent import encode

EVENT = Event(
    id="5d4c",
    source="/watches/ana-drive",
    type="watchkeeper.drive.changes.file.updated",
    subject="1FileId",
    time=datetime(2026, 11, 21, 12, 30, 15, tzinfo=UTC),
    watch="ana-drive",
    account="ana@example.com",
    data={"kind": "file.updated", "item": {"id": "1FileId", "version": "7"}, "seen_before": True},
)
ANY_TEXT = st.text(st.characters(exclude_categories=[]), max_size=20)
ANYTHING = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | ANY_TEXT
    | st.binary(max_size=9)
    | st.datetimes()
    | st.integers(min_value=2**1000, max_value=2**1100),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.tuples(inner)
        | st.dictionaries(ANY_TEXT | st.integers(), inner, max_size=3)
    ),
    max_leaves=8,
)


def with_item(**fields: Any) -> Event:
    """Make the event with more in its item."""
    return replace(EVENT, data={**EVENT.data, "item": {**EVENT.data["item"], **fields}})


def refuse_constant(name: str) -> Any:
    """Refuse what Python reads as JSON but others do not."""
    raise AssertionError(name)


def test_the_fields_are_in_the_documented_order() -> None:
    """The JSON is one line with the fields as the documentation shows them."""
    assert encode(EVENT).data.decode() == (
        '{"specversion":"1.0","id":"5d4c","source":"/watches/ana-drive",'
        '"type":"watchkeeper.drive.changes.file.updated","subject":"1FileId",'
        '"time":"2026-11-21T12:30:15Z","datacontenttype":"application/json",'
        '"watch":"ana-drive","account":"ana@example.com",'
        '"data":{"kind":"file.updated","item":{"id":"1FileId","version":"7"},"seen_before":true}}'
    )


def test_the_official_reader_reads_it() -> None:
    """`cloudevents` finds all attributes and the data, with and without the message attributes."""
    encoded = encode(EVENT)
    for read in (from_json(encoded.data), from_http(encoded.attributes, encoded.data)):
        assert read.get_attributes() == EVENT.attributes()
        assert read.get_data() == EVENT.data


def test_message_attributes_are_the_events_but_one() -> None:
    """Each attribute can be filtered by, but `ce-specversion`, which would mean binary mode."""
    assert encode(EVENT).attributes == {
        "Content-Type": "application/cloudevents+json",
        "ce-id": "5d4c",
        "ce-source": "/watches/ana-drive",
        "ce-type": "watchkeeper.drive.changes.file.updated",
        "ce-subject": "1FileId",
        "ce-time": "2026-11-21T12:30:15Z",
        "ce-datacontenttype": "application/json",
        "ce-watch": "ana-drive",
        "ce-account": "ana@example.com",
    }


@pytest.mark.parametrize(("subject", "stays"), [("ü" * 512, True), ("ü" * 512 + "a", False)])
def test_a_long_attribute_is_in_the_json_alone(subject: str, *, stays: bool) -> None:
    """A message attribute holds 1,024 bytes; what is longer is only in the data."""
    encoded = encode(replace(EVENT, subject=subject))
    assert ("ce-subject" in encoded.attributes) is stays
    assert from_json(encoded.data)["subject"] == subject


def test_an_event_that_is_too_large_is_shortened() -> None:
    """Of an item over the limit stays what identifies it, at the very byte."""
    event = with_item(description="x" * 1000)
    size = len(encode(event).data)
    assert json.loads(encode(event, largest=size).data)["data"] == event.data
    assert json.loads(encode(event, largest=size - 1).data)["data"] == {
        "kind": "file.updated",
        "item": {"id": "1FileId", "version": "7"},
        "seen_before": True,
        "truncated": True,
    }


def test_an_event_that_stays_too_large_is_still_told() -> None:
    """Even if all of it is huge, what happened to which watch arrives."""
    huge = "x" * 20_000
    event = replace(with_item(id=huge), subject=huge)
    encoded = encode(event, largest=5000)
    read = from_json(encoded.data)
    assert len(encoded.data) < 5000
    assert (read["id"], read["watch"]) == ("5d4c", "ana-drive")
    assert read.get_data() == {"kind": "file.updated", "item": {}, "truncated": True}


def test_an_item_that_is_too_deep_is_shortened() -> None:
    """An item nested deeper than readers follow is told by what identifies it."""
    deep: Any = []
    for _ in range(5000):
        deep = [deep]
    assert json.loads(encode(with_item(deep=deep)).data)["data"]["truncated"] is True


def test_what_json_has_no_form_for_is_near() -> None:
    """Halves of pairs, NaN, infinities and very large numbers become what every reader takes."""
    event = with_item(text="a\ud800b", nan=float("nan"), inf=float("-inf"), big=16**5000)
    item = json.loads(encode(event).data, parse_constant=refuse_constant)["data"]["item"]
    assert item["text"] == "a\ufffdb"
    assert (item["nan"], item["inf"]) == (None, None)
    assert item["big"] == "0x1" + "0" * 5000


def test_it_is_one_line_for_every_reader() -> None:
    """Also characters that some readers end a line at do not end it."""
    text = "".join(map(chr, [*range(0x20), 0x7F, 0x85, 0x2028, 0x2029, 0x1F600]))
    line = encode(with_item(text=text)).data.decode()
    assert line.splitlines() == [line]
    assert json.loads(line)["data"]["item"]["text"] == text


@given(
    st.dictionaries(ANY_TEXT, ANYTHING, max_size=4),
    ANY_TEXT,
    st.sampled_from([100, 400, 9_000_000]),
)
def test_encoding_never_fails(item: dict[str, Any], text: str, largest: int) -> None:
    """Invariant: any content gives one line of UTF-8 JSON that the official reader reads."""
    event = replace(with_item(**item), subject=text, account=text, watch=text or "w")
    encoded = encode(event, largest=largest)
    assert b"\n" not in encoded.data
    assert json.loads(encoded.data.decode(), parse_constant=refuse_constant)["id"] == "5d4c"
    assert from_http(encoded.attributes, encoded.data)["source"] == EVENT.source
    assert all(len(value.encode()) <= 1024 for value in encoded.attributes.values())
