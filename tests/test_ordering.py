"""The ordering key of a watch is its id, as far as a key can carry it."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from infra.ordering import LONGEST_KEY, ordering_key

LONG = st.text(st.characters(exclude_categories=[]), min_size=1).map(lambda end: "ü" * 600 + end)


@given(st.from_regex(r"[a-z0-9-]{1,40}(:[a-z.]{1,60}@[a-z.]{1,60})?", fullmatch=True))
def test_a_watch_is_its_own_key(watch: str) -> None:
    """Invariant: the id of a watch, or of a member of a domain, is the key."""
    assert ordering_key(watch) == watch


@given(LONG, LONG)
def test_a_key_is_bounded_and_tells_watches_apart(one: str, other: str) -> None:
    """Invariant: whatever a watch is called, its key is valid, and another's is another."""
    for key in (ordering_key(one), ordering_key(other)):
        assert len(key.encode()) <= LONGEST_KEY
    assert (ordering_key(one) == ordering_key(other)) == (one == other)
