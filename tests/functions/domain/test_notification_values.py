"""The values of a notification's headers: every form seen of Google is read, no other one is."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from functions.domain.notification import LONGEST_VALUE
from tests.functions.domain.headers import HEADERS, parse, refusal, with_header


@pytest.mark.parametrize(
    "number", [1, 2, 96035, 115256, 2246193, 16783561, 2**53 + 1, 2**63 - 1, 2**63]
)
def test_any_message_number_up_to_the_largest_is_read(number: int) -> None:
    """Numbers jump, and may be as large as Google says."""
    assert parse(with_header("Message-Number", str(number)), b"").number == number


@pytest.mark.parametrize(
    "number",
    [
        *("0", "-1", "-3", "+1", "1.0", "1e3", "0x1", "1_0", "1 0", "1,000", "one", "1\n", "1\0"),
        *("\uff11\uff12", "\u0661", "\u00b2", "\u2460", "\u00a01", "1\u200b"),
        *(str(2**63 + 1), "9" * 19, "9" * 20, "1" * 5000, "0" * 20 + "1"),
    ],
)
def test_no_other_number_is_read(number: str) -> None:
    """What `int` would read kindly, or cannot hold, is refused."""
    assert "X-Goog-Message-Number" in refusal(with_header("Message-Number", number))


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("Tue, 19 Nov 2013 01:13:52 GMT", (2013, 11, 19, 1, 13, 52)),
        ("Wed, 21 Jun 2023 16:28:01 GMT", (2023, 6, 21, 16, 28, 1)),
        ("Thu, 11 Jul 2024 12:13:19 GMT", (2024, 7, 11, 12, 13, 19)),
        ("Mon, 30 Apr 2018 22:34:24 GMT", (2018, 4, 30, 22, 34, 24)),
    ],
)
def test_the_expirations_seen_in_the_wild_are_read(text: str, day: tuple[int, ...]) -> None:
    """An expiration is an HTTP date, in UTC."""
    year, month, date, hour, minute, second = day
    expected = datetime(year, month, date, hour, minute, second, tzinfo=UTC)
    found = parse(with_header("Channel-Expiration", text), b"").expiration
    assert found == expected
    assert found.tzinfo is UTC


@pytest.mark.parametrize(
    "text",
    [
        *("", "1384823632000", "1384823632", "2013-11-19T01:13:52Z", "Tue, 19 Nov 2013 01:13:52"),
        *("Tue, 19 Nov 2013 01:13:52 +0100", "Tue, 19 Nov 2013 01:13:52 EST"),
        *(
            "19 Nov 2013 01:13:52 GMT",
            "Tuesday, 19-Nov-13 01:13:52 GMT",
            "Tue Nov 19 01:13:52 2013",
        ),
        *("Tue, 31 Feb 2013 01:13:52 GMT", "Tue, 19 Foo 2013 01:13:52 GMT"),
        *("Tue, 19 Nov 2013 24:13:52 GMT", "Tue, 19 Nov 2013 01:13:60 GMT"),
        *("Tue, 19 Nov 2013 1:2:0003 GMT", "Tue, 19 Nov 2013 :::::::: GMT"),
        *("Tue, 19 Nov 0050 01:13:52 GMT", "Tue, 00 Nov 2013 01:13:52 GMT"),
        *(
            "Tue, \uff11\uff19 Nov 2013 01:13:52 GMT",
            "Tue, 19 Nov 2013 01:13:52 GMT, 1",
            "x" * 9000,
        ),
    ],
)
def test_no_other_expiration_is_read(text: str) -> None:
    """Milliseconds, other zones and dates that never were are refused, not passed over."""
    assert "X-Goog-Channel-Expiration" in refusal(with_header("Channel-Expiration", text))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("content,properties", ("content", "properties")),
        ("content, permissions", ("content", "permissions")),
        (" Children ", ("children",)),
        ("content,,parents,", ("content", "parents")),
        ("something Google adds later", ("something google adds later",)),
        ("", ()),
        (" , ", ()),
    ],
)
def test_what_changed_is_split_on_commas(text: str, words: tuple[str, ...]) -> None:
    """Words come with and without spaces, in any case, and unknown ones are kept."""
    assert parse(with_header("Changed", text), b"").changed == words


@pytest.mark.parametrize(
    "state",
    [
        *("sync", "exists", "not_exists", "change", "changed", "add", "remove", "update", "trash"),
        *("untrash", "makeAdmin", "CREATE_USER", "a-state-of-2030"),
    ],
)
def test_any_state_is_taken(state: str) -> None:
    """States that Google adds later are no error."""
    assert parse(with_header("Resource-State", state), b"").state == state


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("Channel-ID", "c" * 65),
        ("Channel-ID", "c d"),
        ("Channel-ID", "c.d"),
        ("Channel-ID", "ch\u00e4nnel"),
        ("Resource-State", "two words"),
        ("Resource-State", "s" * 129),
        ("Resource-ID", "r" * (LONGEST_VALUE + 1)),
        ("Resource-ID", "line\nbreak"),
        ("Resource-URI", "u" * (LONGEST_VALUE + 1)),
        ("Resource-URI", "\u76d1"),
        ("Changed", "c" * (LONGEST_VALUE + 1)),
    ],
)
def test_what_no_channel_has_is_malformed(name: str, value: str) -> None:
    """Every value has a form and a bound; beyond it the header is named."""
    assert f"X-Goog-{name} is malformed" in refusal(with_header(name, value))


@pytest.mark.parametrize(
    "channel", ["c", "c" * 64, "Az09-_+/=", "0a1b2c3d4e5f60718293a4b5c6d7e8f9"]
)
def test_any_id_that_google_allows_is_read(channel: str) -> None:
    """Others than ours may be told of, too: whether they are ours the token tells."""
    assert parse(with_header("Channel-ID", channel), b"").channel == channel


def test_values_as_long_as_allowed_are_read() -> None:
    """A page token within a resource URI may be long, and bytes beyond ASCII are no fault."""
    long = "\u00e9" * LONGEST_VALUE
    assert parse(with_header("Resource-URI", long), b"").resource_uri == long
    assert parse(with_header("Resource-ID", f" {long}\t"), b"").resource_id == long


def test_a_body_goes_along_as_text() -> None:
    """Directory's and Reports' bodies are kept, whatever their bytes are."""
    body = '{"kind":"admin#directory#user","primaryEmail":"\u00e4@example.com"}'
    assert parse(HEADERS, body.encode()).body == body
    assert parse(HEADERS, b"\xff{").body == "\ufffd{"
