"""Spoils JSON generically: at any place what is there gives way to something of another kind."""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from typing import Any, Final

from hypothesis import strategies as st

Place = tuple[str | int, ...]

GONE: Final = object()
ODD: tuple[Any, ...] = (
    *(GONE, None, True, False, 0, -1, 7.5, 1e308, 2**70, "", " ", "x", "7", "-1", "1e400"),
    *("\u0661", "\ud800", "a\0b", "9" * 40, "x" * 3000, "9999-12-31T23:59:59.999Z"),
    *("0001-01-01T00:00:00+14:00", "2026-02-30T00:00:00Z", "2026-03-01T00:00:00"),
    *([], {}, [None], [[]], ["x"], [{}], {"x": {}}, {"": None}, {"id": "x"}, [{"id": 7}]),
)
odd = st.sampled_from(ODD)


def places(value: Any, at: Place = ()) -> Iterator[Place]:
    """Give every place of a value but its root."""
    pairs: Any = ()
    if isinstance(value, dict):
        pairs = value.items()
    elif isinstance(value, list):
        pairs = enumerate(value)
    for key, inner in pairs:
        yield (*at, key)
        yield from places(inner, (*at, key))


def spoil(value: Any, at: Place, by: Any) -> Any:
    """Give a copy that has something else at this place, or nothing."""
    copy = deepcopy(value)
    inner = copy
    for key in at[:-1]:
        inner = inner[key]
    if by is GONE:
        del inner[at[-1]]
    else:
        inner[at[-1]] = by
    return copy


@st.composite
def spoilt(draw: st.DrawFn, whole: Any) -> Any:
    """Give the value with a few places spoilt."""
    for _ in range(draw(st.integers(1, 3))):
        there = list(places(whole))
        if there:
            whole = spoil(whole, draw(st.sampled_from(there)), draw(odd))
    return whole
