"""Any noun, built from the types of its fields; and any value that JSON or a store may hold."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from types import NoneType, UnionType
from typing import Any, get_args, get_origin, get_type_hints

from hypothesis import strategies as st

texts = st.text(st.characters(), max_size=12)
times = st.datetimes(timezones=st.just(UTC))
lengths = st.timedeltas(timedelta(days=-10000), timedelta(days=10000))

# Whole numbers beyond 64 bits, surrogates and infinities included.
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=6,
)
# What YAML and stores have beyond that: times, bytes, keys that are no texts.
values = st.recursive(
    json_values | st.floats() | times | st.datetimes() | st.dates() | st.binary(max_size=3),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(texts | st.integers() | st.none() | st.dates(), inner, max_size=3)
    ),
    max_leaves=6,
)


def nouns(noun: type[Any]) -> st.SearchStrategy[Any]:
    """Build a noun with all its fields, whatever values their types allow."""
    hints = get_type_hints(noun)
    return st.builds(noun, **{each.name: _of(hints[each.name]) for each in fields(noun)})


def _of(hint: Any) -> st.SearchStrategy[Any]:
    if isinstance(hint, UnionType):
        return st.one_of(*map(_of, get_args(hint)))
    if get_origin(hint) is tuple:
        return st.lists(_of(get_args(hint)[0]), max_size=2).map(tuple)
    if get_origin(hint) is Mapping:
        return st.dictionaries(texts, json_values, max_size=2)
    if issubclass(hint, StrEnum):
        return st.sampled_from(hint)
    if isinstance(hint, type) and is_dataclass(hint):
        return nouns(hint)
    plain: dict[Any, st.SearchStrategy[Any]] = {
        str: texts,
        int: st.integers(),
        float: st.floats(allow_nan=False),
        bool: st.booleans(),
        datetime: times,
        timedelta: lengths,
        NoneType: st.none(),
    }
    return plain[hint]
