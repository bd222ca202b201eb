"""Channel tokens: short, unique, of one channel alone, and silent about why they are refused."""

from __future__ import annotations

import hmac
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from functions.domain.errors import Unverified
from functions.domain.keyring import Key, Ring
from functions.domain.token import LONGEST_TOKEN, Claim, key_of, mint, shorten, verify

NEW = Key(id="new", created=datetime(2026, 3, 1, tzinfo=UTC), secret=b"n" * 32)
OLD = Key(id="old", created=datetime(2026, 2, 1, tzinfo=UTC), secret=b"o" * 32)
RING = Ring((NEW, OLD))
LONG = Key(id="k" * 16, created=NEW.created, secret=b"l" * 64)

CHANNEL = "0a1b2c3d4e5f60718293a4b5c6d7e8f9"
TOKEN = mint(NEW, channel=CHANNEL, watch="ana-drive")

watches = st.text(min_size=1, max_size=400) | st.text("a-\u00e9\u76d1 ", min_size=90, max_size=400)
channels = st.from_regex(r"[A-Za-z0-9\-_+/=]{1,64}", fullmatch=True)


def refusal(token: str | None, channel: str = CHANNEL, ring: Ring = RING) -> str:
    """Give the text of the refusal that `token` meets."""
    with pytest.raises(Unverified) as refused:
        verify(ring, token, channel=channel)
    return refused.value.text


@given(watches, channels, st.sampled_from([NEW, OLD]))
@example("\0", "c", NEW)
@example("a b", "c", NEW)
def test_a_token_verifies_and_says_its_watch(watch: str, channel: str, key: Key) -> None:
    """Invariant: what any key of the ring made for a channel claims that key and that watch."""
    token = mint(key, channel=channel, watch=watch)
    assert verify(RING, token, channel=channel) == Claim(watch=shorten(watch), key_id=key.id)
    assert key_of(token) == key.id


@given(watches)
@example("\U0010ffff" * 400)
@example("a" * 120)
@example("a" * 121)
def test_a_token_fits_in_google_s_limit(watch: str) -> None:
    """Invariant: whatever the watch is called, its tokens have at most 256 printable characters."""
    token = mint(LONG, channel=CHANNEL, watch=watch)
    assert len(token) <= LONGEST_TOKEN == 256
    assert token.isascii()
    assert token.isprintable()


@given(watches, channels, channels)
def test_a_token_is_of_one_channel_alone(watch: str, mine: str, other: str) -> None:
    """Invariant: tokens of two channels differ, and neither verifies for the other."""
    token = mint(NEW, channel=mine, watch=watch)
    if mine != other:
        assert token != mint(NEW, channel=other, watch=watch)
        refusal(token, other)


@given(st.lists(watches, min_size=2, max_size=2, unique=True))
def test_a_token_is_of_one_watch_alone(pair: list[str]) -> None:
    """Invariant: two watches never share a token, nor what a token calls them."""
    assert shorten(pair[0]) != shorten(pair[1])
    assert mint(NEW, channel=CHANNEL, watch=pair[0]) != mint(NEW, channel=CHANNEL, watch=pair[1])


@pytest.mark.parametrize("letter", ["a", "\u00e9", "\u76d1", "\U0010ffff"])
def test_ids_of_every_length_fit(letter: str) -> None:
    """From one character to four hundred, of one to four bytes each, with the longest key id."""
    lengths = [len(mint(LONG, channel=CHANNEL, watch=letter * number)) for number in range(1, 401)]
    assert max(lengths) <= 256


def test_the_border_between_channel_and_watch_counts() -> None:
    """Moving characters from the one to the other makes another token."""
    head, _, mac = mint(NEW, channel="ab", watch="c").rpartition(".")
    assert head.endswith(".Yw")
    refusal(f"1.new.YmM.{mac}", "a")
    refusal(f"1.new.YmM.{mac}", "ab")
    verify(RING, f"1.new.Yw.{mac}", channel="ab")


@given(watches)
def test_a_shortened_name_stays_shortened(watch: str) -> None:
    """Invariant: an id of a declaration is carried whole; a shortened one is its own short form."""
    short = shorten(watch)
    assert shorten(short) == short
    assert short == watch or (len(watch.encode()) > 120 and " " in short)


def test_a_long_id_is_carried_by_its_beginning_and_a_digest() -> None:
    """A space parts the two: no id of a declaration has one, so the two are never confused."""
    beginning, _, digest = shorten("a" * 121).partition(" ")
    assert beginning == "a" * 64
    assert len(digest) == 32
    assert shorten("a" * 120) == "a" * 120


def mutations(token: str) -> set[str]:
    """Give all texts one character away: changed, left out, put in."""
    alphabet = "aA0b1-_.=+/ \0\n~\u00e9\u212a\ud800"
    cuts = [(token[:n], token[n:]) for n in range(len(token) + 1)]
    changed = {head + letter + tail[1:] for head, tail in cuts for letter in alphabet if tail}
    grown = {head + letter + tail for head, tail in cuts for letter in alphabet}
    shrunk = {head + tail[1:] for head, tail in cuts if tail}
    swapped = {head[:-1] + tail[:1] + head[-1:] + tail[1:] for head, tail in cuts if head and tail}
    return (changed | grown | shrunk | swapped | {token.upper(), token.lower()}) - {token}


@pytest.mark.parametrize("watch", ["ana-drive", "d", "team:o'neil@example.com", "\u76d1" * 300])
def test_every_mutation_is_refused(watch: str) -> None:
    """No text a character away from a token verifies: there is one way to write each token."""
    token = mint(NEW, channel=CHANNEL, watch=watch)
    verify(RING, token, channel=CHANNEL)
    assert {refusal(mutant) for mutant in mutations(token)} == {refusal(None)}


BAD = {
    "none": None,
    "empty": "",
    "no form": "nonsense",
    "another key": mint(LONG, channel=CHANNEL, watch="ana-drive"),
    "another key of that id": mint(
        Key(id="new", created=NEW.created, secret=b"x" * 32), channel=CHANNEL, watch="ana-drive"
    ),
    "a key that did not sign it": TOKEN.replace("new", "old"),
    "another channel": mint(NEW, channel="c2", watch="ana-drive"),
    "another watch": TOKEN.replace(TOKEN.split(".")[2], "Ym9i"),
    "another version": "2" + TOKEN[1:],
    "no watch": mint(NEW, channel=CHANNEL, watch=""),
    "too long": TOKEN + "A" * 200,
    "one part more": TOKEN + ".",
    "surrogate": TOKEN[:-1] + "\udcff",
}


@pytest.mark.parametrize("token", BAD.values(), ids=BAD)
def test_every_refusal_is_the_same(token: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    """A refusal tells nothing, neither by its text nor by how much work it took."""
    work: list[str] = []
    digest, compare = hmac.digest, hmac.compare_digest

    def count_digest(*args: Any) -> bytes:
        work.append("mac")
        return digest(*args)

    def count_compare(a: bytes, b: bytes) -> bool:
        work.append("compare")
        return compare(a, b)

    monkeypatch.setattr(hmac, "digest", count_digest)
    monkeypatch.setattr(hmac, "compare_digest", count_compare)
    assert refusal(token) == "the token does not verify"
    assert work == ["mac", "compare"]


@given(st.none() | st.text(st.characters()) | st.from_regex(r"1\.(new|old)\.[\w=-]*\..*"), channels)
def test_verifying_is_total(token: str | None, channel: str) -> None:
    """Invariant: what we did not make is `Unverified`, never another error."""
    refusal(token, channel)
    assert isinstance(key_of(token), str)


def test_a_withdrawn_key_verifies_nothing() -> None:
    """Once its key has left the ring, a token is as good as none."""
    token = mint(OLD, channel=CHANNEL, watch="ana-drive")
    assert verify(RING, token, channel=CHANNEL).key_id == "old"
    assert refusal(token, ring=Ring((NEW,))) == refusal(None)


def test_a_token_does_not_carry_the_key() -> None:
    """Who sees a token sees no secret."""
    assert NEW.secret.decode() not in TOKEN
