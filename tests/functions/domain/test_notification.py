"""Notifications: which headers make one; whatever else arrives is `Invalid`, and nothing worse."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from functions.domain.errors import Invalid
from functions.domain.model import Message
from tests.functions.domain.headers import (
    HEADERS,
    REQUIRED,
    URI,
    parse,
    refusal,
    token_of,
    with_header,
)


def test_a_message_of_google_s_guide_is_read() -> None:
    """Each header becomes a value; other headers do not matter."""
    assert parse(HEADERS, b"") == Message(
        channel="4ba78bf0-6a47-11e2-bcfd-0800200c9a66",
        number=10,
        state="change",
        resource_id="ret08u3rv24htgh289g",
        resource_uri=URI,
        expiration=datetime(2013, 11, 19, 1, 13, 52, tzinfo=UTC),
    )


def test_what_google_sends_only_sometimes_may_be_missing() -> None:
    """Expiration, token and what changed are optional: the five others make a notification."""
    required = {f"X-Goog-{name}".lower() for name in REQUIRED}
    bare = {name: value for name, value in HEADERS.items() if name.lower() in required}
    message = parse(bare, b"")
    assert (message.expiration, message.changed, message.body) == (None, (), "")
    assert token_of(bare) is None


def test_the_token_is_no_part_of_a_message() -> None:
    """The proof is given apart, so that what is queued and logged cannot carry it."""
    assert token_of(HEADERS) == "1.k1.YW5h.mac"
    assert token_of({"Host": "example.com"}) is None
    assert "1.k1.YW5h.mac" not in repr(parse(HEADERS, b""))


@pytest.mark.parametrize("change", [str.lower, str.upper, str.title, str.swapcase])
def test_names_count_in_any_case(change: Any) -> None:
    """Servers and proxies spell header names as they like, in maps or in lists of pairs."""
    spelt = {change(name): value for name, value in HEADERS.items()}
    assert parse(spelt, b"") == parse(list(spelt.items()), b"") == parse(HEADERS, b"")
    assert token_of(spelt) == token_of(HEADERS)


@pytest.mark.parametrize("name", REQUIRED)
def test_each_required_header_is_missed(name: str) -> None:
    """Without one of the five, or with an empty one, it is no notification; the name is said."""
    missing = {
        key: text for key, text in HEADERS.items() if key.lower() != f"x-goog-{name}".lower()
    }
    assert f"X-Goog-{name} is missing" in refusal(missing)
    assert f"X-Goog-{name} is missing" in refusal(with_header(name, ""))
    assert f"X-Goog-{name} is missing" in refusal(with_header(name, " \t "))


@pytest.mark.parametrize("name", [*REQUIRED, "Channel-Token", "Channel-Expiration", "Changed"])
@pytest.mark.parametrize("other", [None, "x"], ids=["alike", "unlike"])
def test_a_header_given_twice_is_refused(name: str, other: str | None) -> None:
    """Nobody can tell which of two counts, so neither does, spelt alike or not."""
    value = {key.lower(): text for key, text in HEADERS.items()}.get(f"x-goog-{name}".lower(), "x")
    pairs = list(with_header(name, value).items())
    twice = [*pairs, (f"x-goog-{name}".lower(), other or value)]
    assert "twice" in refusal(twice)
    assert "twice" in refusal(dict(twice))


def test_other_headers_may_come_twice() -> None:
    """What is not of Google's channel is not our business."""
    assert parse([*HEADERS.items(), ("Via", "a"), ("Via", "b")], b"").number == 10


_names = st.sampled_from([f"x-goog-{name}".lower() for name in (*REQUIRED, "Channel-Token")])
_values = (
    st.sampled_from([*HEADERS.values(), "1", "sync", "\u0661"])
    | st.text(st.characters(), max_size=40)
    | st.integers(-5, 2**65).map(str)
)


@given(
    st.lists(st.tuples(_names | st.text(max_size=12), _values), max_size=8),
    _values,
    _values,
    st.binary(max_size=20),
)
@example([], "Tue, 19 Nov 2013 01:13:52 GMT", "content", b"")
def test_parsing_is_total(
    pairs: list[tuple[str, str]], expiration: str, changed: str, body: bytes
) -> None:
    """Invariant: whatever arrives is a message within all bounds, or `Invalid`."""
    known = {f"x-goog-{name}".lower(): "1" for name in REQUIRED} | dict(pairs)
    known |= {"x-goog-channel-expiration": expiration, "x-goog-changed": changed}
    try:
        message = parse(known, body)
    except Invalid:
        return
    assert 1 <= message.number <= 2**63
    assert 0 < len(message.channel) <= 64
    assert message.state.isascii()
    assert message.expiration is None or message.expiration.tzinfo is UTC
    assert all(word == word.strip() != "" for word in message.changed)


@given(st.lists(st.tuples(_names, _values), max_size=12), st.binary(max_size=20))
def test_parsing_a_list_of_headers_is_total(pairs: list[tuple[str, str]], body: bytes) -> None:
    """Invariant: a list with repetitions and omissions is a message or `Invalid`, too."""
    try:
        message = parse(pairs, body)
    except Invalid:
        return
    assert message.resource_uri
