"""Packed memory comes back, in parts whose order does not depend on their number."""

from __future__ import annotations

import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.domain.change import Seen
from infra.cloud.packing import from_row, pack, part_of, place, to_row, unpack
from tests.contracts.store_examples import NOW, memories

_keys = st.text(st.characters(), max_size=30)  # whatever Google calls an item, half characters too
_doublings = st.integers(min_value=0, max_value=12)


@given(memories)
def test_entries_come_back(entries: dict[str, Seen]) -> None:
    """What is packed is unpacked as it was."""
    part = unpack(pack({key: to_row(seen) for key, seen in entries.items()}))
    assert {key: from_row(row) for key, row in part.items()} == entries


@given(_keys, _keys, _doublings)
def test_parts_keep_the_order(one: str, other: str, doublings: int) -> None:
    """Of two keys the one with the earlier place is in the same or an earlier part."""
    first, second = sorted([one, other], key=place)
    assert 0 <= part_of(first, 2**doublings) <= part_of(second, 2**doublings) < 2**doublings


@given(_keys, _doublings)
def test_doubling_halves_each_part(key: str, doublings: int) -> None:
    """What is in a part goes to one of the two that take its place."""
    assert part_of(key, 2 ** (doublings + 1)) // 2 == part_of(key, 2**doublings)


def test_places_never_change() -> None:
    """Stored parts are found again by any later version: these places are for ever."""
    assert place("file:1") == (3086813855, "file:1")
    assert [part_of(f"file:{number}", 4) for number in range(6)] == [2, 2, 0, 3, 1, 0]


def test_rows_are_read_by_their_order() -> None:
    """A row of today is read by any later version, and one with more fields by this."""
    row = ["7", "gone", "abc", 2, 3, "updated:1", 4, "2026-03-04T05:06:07.891234+00:00"]
    seen = from_row([*row, "later"])
    assert to_row(seen) == row
    assert (seen.version, seen.ordinal, seen.round) == ("7", 2, 3)
    assert seen.step is not None
    assert seen.step.at == NOW


@pytest.mark.parametrize(
    "packed", [b"", b"{}", zlib.compress(b"{"), zlib.compress(b"[]"), zlib.compress(b"\xff")]
)
def test_other_bytes_are_refused(packed: bytes) -> None:
    """Whatever is not ours is one error."""
    with pytest.raises(ValueError, match=r"."):
        unpack(packed)
