"""Turns the nouns into flat fields for a store, and back: unknown fields are passed over.

Times stay `datetime`s here (a store with a time type keeps them as such) but are also read from
RFC 3339 texts, for stores that have none.
"""

from __future__ import annotations

from collections import abc
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, is_dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from functools import partial
from types import NoneType, UnionType
from typing import Any, TypeVar, get_args, get_origin, get_type_hints

T = TypeVar("T")

# What is stored as it is; types that are exactly these, not kinds of them.
_PLAIN = frozenset({str, int, float, bool, datetime, NoneType})
_AS_STORED = frozenset({str, int, bool})


def to_fields(noun: Any) -> dict[str, Any]:
    """Give the fields of a dataclass as plain values: texts, numbers, times, lists and maps."""
    return {field.name: _plain(getattr(noun, field.name)) for field in fields(noun)}


def from_fields(noun: type[T], values: Mapping[str, Any]) -> T:
    """Make a dataclass of stored fields.

    Raises:
        TypeError, ValueError: a field that is needed is missing or unreadable.
    """
    shape = _shape(noun)
    return noun(**{name: shape[name].read(values[name]) for name in _given(shape, values)})


def salvage(noun: type[T], values: Mapping[str, Any]) -> tuple[T | None, tuple[str, ...]]:
    """Read what can be read of a document that somebody may have edited by hand.

    Returns:
        the noun, unreadable fields at their defaults, and the names of these fields; None for the
        noun if a field without a default is missing or unreadable.
    """
    shape = _shape(noun)
    good: dict[str, Any] = {}
    bad: list[str] = []
    for name in _given(shape, values):
        value, field = values[name], shape[name]
        if value is None or type(value) is field.plain:
            good[name] = value
            continue
        try:
            good[name] = field.read(value)
        except (TypeError, ValueError):
            bad.append(name)
    try:
        return noun(**good), tuple(bad)
    except TypeError:
        return None, tuple(bad)


@dataclass(frozen=True, slots=True)
class _Field:
    """How the values of one field are read; types are looked into once, not for each document."""

    read: Callable[[Any], Any]
    nullable: bool
    plain: type | None  # what is of this very type needs no reading, as most fields


def _given(shape: Mapping[str, _Field], values: Mapping[str, Any]) -> list[str]:
    """Name the fields that are known and stored; null is a value only where None is allowed."""
    return [
        name
        for name, value in values.items()
        if name in shape and (value is not None or shape[name].nullable)
    ]


_SHAPES: dict[type, dict[str, _Field]] = {}


def _shape(noun: type) -> dict[str, _Field]:
    if noun not in _SHAPES:
        hints = get_type_hints(noun)
        _SHAPES[noun] = {field.name: _field(hints[field.name]) for field in fields(noun)}
    return _SHAPES[noun]


def _field(hint: Any) -> _Field:
    kinds = set(get_args(hint) if isinstance(hint, UnionType) else [hint])
    plain = next(iter(kinds & _AS_STORED), None)
    return _Field(_reader(hint), nullable=NoneType in kinds, plain=plain)


def _plain(value: Any) -> Any:
    if type(value) in _PLAIN:
        return value
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


def _reader(hint: Any) -> Callable[[Any], Any]:
    """Give what reads values of a type."""
    if isinstance(hint, UnionType):
        inner = _reader(next(arg for arg in get_args(hint) if arg is not NoneType))
        return lambda value: None if value is None else inner(value)
    if get_origin(hint) is tuple:
        entry = _reader(get_args(hint)[0])
        return lambda value: tuple(map(entry, _checked(list | tuple, value)))
    if get_origin(hint) is abc.Mapping:
        return lambda value: _checked(abc.Mapping, value)
    return partial(_read_bounded, _plain_reader(hint))


def _read_bounded(read: Callable[[Any], Any], value: Any) -> Any:
    try:
        return read(value)
    except OverflowError as error:
        raise ValueError(str(error)) from None


def _plain_reader(hint: type) -> Callable[[Any], Any]:
    if hint is datetime:
        return _time
    if hint is timedelta:
        return lambda value: timedelta(seconds=float(value))
    if hint is float or issubclass(hint, StrEnum):
        return hint
    if is_dataclass(hint):
        return lambda value: from_fields(hint, _checked(abc.Mapping, value))
    return partial(_checked, hint)


def _checked(wanted: Any, value: Any) -> Any:
    if not isinstance(value, wanted) or (wanted is int and isinstance(value, bool)):
        raise TypeError(f"{type(value).__name__} where {wanted} is wanted")
    return value


def _time(value: Any) -> datetime:
    if type(value) is datetime and value.tzinfo is UTC:
        return value
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
