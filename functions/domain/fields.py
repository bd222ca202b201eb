"""Turns the nouns into flat fields for a store, and back: unknown fields are passed over.

Times stay `datetime`s here (a store with a time type keeps them as such) but are also read from
RFC 3339 texts, for stores that have none.
"""

from __future__ import annotations

from collections import abc
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from types import NoneType, UnionType
from typing import Any, TypeVar, get_args, get_origin, get_type_hints

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
    return noun(**{name: _read(known[name], values[name]) for name in _given(known, values)})


def salvage(noun: type[T], values: Mapping[str, Any]) -> tuple[T | None, tuple[str, ...]]:
    """Read what can be read of a document that somebody may have edited by hand.

    Returns:
        the noun, unreadable fields at their defaults, and the names of these fields; None for the
        noun if a field without a default is missing or unreadable.
    """
    known = _shape(noun)
    good: dict[str, Any] = {}
    bad: list[str] = []
    for name in _given(known, values):
        try:
            good[name] = _read(known[name], values[name])
        except (TypeError, ValueError):
            bad.append(name)
    try:
        return noun(**good), tuple(bad)
    except TypeError:
        return None, tuple(bad)


def _given(known: Mapping[str, Any], values: Mapping[str, Any]) -> list[str]:
    """Name the fields that are known and stored; null is a value only where None is allowed."""
    return [
        name
        for name, value in values.items()
        if name in known and (value is not None or NoneType in get_args(known[name]))
    ]


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
    if isinstance(hint, UnionType):
        if value is None:
            return None
        hint = next(arg for arg in get_args(hint) if arg is not NoneType)
    if get_origin(hint) is tuple:
        return tuple(_read(get_args(hint)[0], entry) for entry in _checked(list | tuple, value))
    if get_origin(hint) is abc.Mapping:
        return _checked(abc.Mapping, value)
    try:
        return _read_plain(hint, value)
    except OverflowError as error:
        raise ValueError(str(error)) from None


def _read_plain(hint: type, value: Any) -> Any:
    if hint is datetime:
        return _time(value)
    if hint is timedelta:
        return timedelta(seconds=float(value))
    if hint is float:
        return float(value)
    if issubclass(hint, StrEnum):
        return hint(value)
    if is_dataclass(hint):
        return from_fields(hint, _checked(abc.Mapping, value))
    return _checked(hint, value)


def _checked(wanted: Any, value: Any) -> Any:
    if not isinstance(value, wanted) or (wanted is int and isinstance(value, bool)):
        raise TypeError(f"{type(value).__name__} where {wanted} is wanted")
    return value


def _time(value: Any) -> datetime:
    if isinstance(value, str):
        value = datetime.fromisoformat(value)
    _checked(datetime, value)
    if value.tzinfo is None:
        raise ValueError("a time without its zone")
    # A store's own subclass of datetime would not equal what was written: normalise.
    return datetime(
        value.year, value.month, value.day, value.hour, value.minute, value.second,
        value.microsecond, tzinfo=value.tzinfo,
    ).astimezone(UTC)  # fmt: skip
