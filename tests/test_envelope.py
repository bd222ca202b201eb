"""The reader of push envelopes is total, and reads what the writer and Pub/Sub write."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.domain.errors import Invalid
from infra.envelope import LARGEST, Envelope, read_envelope, write_envelope

NOW = datetime(2026, 11, 21, 12, 30, tzinfo=UTC)
# As the documentation shows it, but for the data.
PUSHED = {
    "message": {
        "attributes": {"ce-type": "watchkeeper.watch.parked"},
        "data": "eyJhIjogMX0=",
        "messageId": "2070443601311540",
        "message_id": "2070443601311540",
        "publishTime": "2021-02-26T19:13:55.749Z",
        "publish_time": "2021-02-26T19:13:55.749Z",
        "orderingKey": "ana-drive",
    },
    "subscription": "projects/myproject/subscriptions/mysubscription",
    "deliveryAttempt": 5,
}
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=6,
)


def test_what_pubsub_pushes_is_read() -> None:
    """The envelope of the documentation gives data, attributes, ids and attempt."""
    assert read_envelope(json.dumps(PUSHED).encode()) == Envelope(
        data=b'{"a": 1}',
        attributes={"ce-type": "watchkeeper.watch.parked"},
        message_id="2070443601311540",
        subscription="projects/myproject/subscriptions/mysubscription",
        attempt=5,
    )


def test_what_is_missing_has_a_default() -> None:
    """A message may have only attributes or only data, and no subscription counts attempts."""
    assert read_envelope(b'{"message": {}}') == Envelope(data=b"")


@pytest.mark.parametrize("encode", [base64.b64encode, base64.urlsafe_b64encode])
@pytest.mark.parametrize("padding", [True, False])
def test_either_alphabet_is_read(encode: Any, padding: bool) -> None:  # noqa: FBT001
    """Data is read in base64 and in base64url, padded or not."""
    data = bytes(range(256)) + b"\xff\xfe"
    text = encode(data).decode()
    body = json.dumps({"message": {"data": text if padding else text.rstrip("=")}})
    assert read_envelope(body.encode()).data == data


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"[]",
        b'"message"',
        b"{}",
        b'{"message": null}',
        b'{"message": []}',
        b'{"message": {"data": 1}}',
        b'{"message": {"data": "a"}}',
        b'{"message": {"data": "\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4"}}',
        b'{"message": {"data": "ab cd"}}',
        b'{"message": {"attributes": []}}',
        b'{"message": {"attributes": {"a": 1}}}',
        b'{"message": {"messageId": 1}}',
        b'{"message": {}, "subscription": {}}',
        b'{"message": {}, "deliveryAttempt": "1"}',
        b'{"message": {}, "deliveryAttempt": -1}',
        b'{"message": {}, "deliveryAttempt": true}',
        b'{"message": {}, "deliveryAttempt": 1.5}',
        b"[" * 100_000,
        b"1" * 5000,
        b"\xff\xfe\xff",
    ],
    ids=lambda body: body[:40].decode(errors="replace"),
)
def test_anything_else_is_invalid(body: bytes) -> None:
    """What is no envelope is refused as malformed, and nothing else escapes."""
    with pytest.raises(Invalid):
        read_envelope(body)


@given(st.binary() | JSON.map(lambda value: json.dumps(value).encode()))
def test_reading_is_total(body: bytes) -> None:
    """Invariant: any bytes are an envelope or `Invalid`."""
    try:
        envelope = read_envelope(body)
    except Invalid:
        return
    assert isinstance(envelope.data, bytes)


@given(st.data())
def test_reading_is_total_inside_an_envelope(data: st.DataObject) -> None:
    """Invariant: any values in the places of an envelope's are an envelope or `Invalid`."""
    names = ["data", "attributes", "messageId"]
    message = {name: data.draw(JSON | st.text()) for name in names if data.draw(st.booleans())}
    outer = {
        "message": message,
        "subscription": data.draw(JSON),
        "deliveryAttempt": data.draw(JSON),
    }
    try:
        envelope = read_envelope(json.dumps(outer).encode())
    except Invalid:
        return
    assert envelope.attempt >= 1
    assert all(isinstance(text, str) for text in envelope.attributes.values())


@given(
    st.builds(
        Envelope,
        data=st.binary(),
        attributes=st.dictionaries(st.text(), st.text()),
        message_id=st.text(),
        subscription=st.text(),
        attempt=st.integers(min_value=1, max_value=10**9),
    )
)
def test_what_is_written_is_read(envelope: Envelope) -> None:
    """Invariant: reading an envelope that was written gives it back."""
    assert read_envelope(write_envelope(envelope, key="ana", published_at=NOW)) == envelope


def test_an_envelope_is_bounded() -> None:
    """What is larger than any message of Pub/Sub is refused before it is read."""
    with pytest.raises(Invalid, match="bytes"):
        read_envelope(b" " * (LARGEST + 1))
    with pytest.raises(Invalid, match="at most 9 bytes"):
        read_envelope(b'{"message": {}}', largest=9)
    largest = Envelope(data=b"x" * 10_000_000, attributes={"ce-subject": "\x01" * 1024})
    body = write_envelope(largest, key="ana", published_at=NOW)
    assert read_envelope(body) == largest
