"""What JSON can carry as it is is told from what must be made plain first."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from infra.plain import DEEPEST, json_if_plain, plain

TEXT = st.text(st.characters(exclude_categories=[]), max_size=20)
NUMBERS = st.integers() | st.floats() | st.integers(min_value=2**1000, max_value=2**1100)
VALUES = st.recursive(
    st.none() | st.booleans() | NUMBERS | TEXT | st.binary(max_size=9) | st.datetimes(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=8,
)


def nested(levels: int) -> Any:
    """Make so many lists in each other."""
    value: Any = []
    for _ in range(levels - 1):
        value = [value]
    return value


@given(VALUES)
def test_the_quick_way_says_the_same_or_nothing(value: Any) -> None:
    """Invariant: what is written at once is what would be written of the value made plain."""
    text = json_if_plain(value)
    if text is not None:
        assert text == json.dumps(plain(value), ensure_ascii=False, separators=(",", ":"))


def test_an_ordinary_item_goes_the_quick_way() -> None:
    """An item of an API needs no copy, whatever language its texts are in."""
    item = {"id": "1", "name": "Größe 尺寸", "trashed": False, "parents": ["0A"], "size": 12}
    assert json_if_plain(item) == json.dumps(item, ensure_ascii=False, separators=(",", ":"))


def test_the_largest_number_is_not_written_at_once() -> None:
    """Wherever it stands, a number of more than 1,024 bits is made a text first."""
    for shift in range(60):
        assert json_if_plain({"a" * shift: 2**1024}) is None


def test_what_is_too_deep_is_not_written_at_once() -> None:
    """What readers could not follow is left to whoever counts the levels."""
    assert json_if_plain(nested(DEEPEST)) is not None
    assert json_if_plain(nested(DEEPEST + 1)) is None
    assert json_if_plain(nested(100_000)) is None
