"""Turns the nouns into flat fields for a store, and back: unknown fields are passed over.

Times stay `datetime`s here (a store with a time type keeps them as such) but are also read from
RFC 3339 texts, for stores that have none.
"""

from __future__ import annotations

import types
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any, TypeVar, get_args, get_type_hints

T = TypeVar("T")


def to_fields(noun: Any) -> dict[str, Any]:
    """Give the fields of a dataclass as plain values: texts, numbers, times, lists and maps."""
    return {field.name: _plain(getattr(noun, field.name)) for field in fields(noun)}


def from_fields(noun: type[T], values: Mapping[str, Any]) -> T:
    """Make a dataclass of stored fields.

    Raises:
        TypeError, ValueError: a field that is needed is missing or unreadable.
    """
    known = _shape(noun)
    given = {
        name: _read(known[name], value)
        for name, value in values.items()
        if name in known and value is not None
    }
    return noun(**given)


_SHAPES: dict[type, dict[str, Any]] = {}


def _shape(noun: type) -> dict[str, Any]:
    if noun not in _SHAPES:
        hints = get_type_hints(noun)
        _SHAPES[noun] = {field.name: hints[field.name] for field in fields(noun)}
    return _SHAPES[noun]


def _plain(value: Any) -> Any:
    if isinstance(value, StrEnum):
        return str(value)
    if is_dataclass(value):
        return to_fields(value)
    if isinstance(value, timedelta):
        return value.total_seconds()
    if isinstance(value, Mapping):
        return {str(key): _plain(entry) for key, entry in value.items()}
    if isinstance(value, tuple | list):
        return [_plain(entry) for entry in value]
    return value


def _read(hint: Any, value: Any) -> Any:
    if isinstance(hint, types.UnionType):
        hint = next(arg for arg in get_args(hint) if arg is not type(None))
    if hint is datetime:
        return _time(value)
    if hint is timedelta:
        return timedelta(seconds=float(value))
    if isinstance(hint, type) and issubclass(hint, StrEnum):
        return hint(value)
    if isinstance(hint, type) and is_dataclass(hint):
        return from_fields(hint, value)
    if getattr(hint, "__origin__", None) is tuple:
        return tuple(value)
    if hint is float:
        return float(value)
    return value


def _time(value: Any) -> datetime:
    if isinstance(value, str):
        value = datetime.fromisoformat(value)
    # A store's own subclass of datetime would not equal what was written: normalise.
    return datetime(
        value.year, value.month, value.day, value.hour, value.minute, value.second,
        value.microsecond, tzinfo=value.tzinfo,
    ).astimezone(UTC)  # fmt: skip
