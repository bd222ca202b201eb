"""Makes what is logged fit to be read: short, of JSON's types, and without any secret."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date, timedelta
from enum import Enum
from functools import lru_cache
from itertools import islice
from pathlib import PurePath

from functions.domain.errors import Trouble

LONGEST = 256
_MOST = 20
_DEEPEST = 3
# The last net: no caller hands such a thing to a journal on purpose.
_SECRET_WORDS = frozenset(
    {
        "authorization", "cookie", "credential", "credentials", "key", "keys", "password",
        "secret", "secrets", "token", "tokens",
    }
)  # fmt: skip
_HARMLESS_ENDINGS = frozenset({"age", "count", "id", "ids", "name"})

Plain = None | bool | int | float | str | list["Plain"] | dict[str, "Plain"]


def tidy(facts: Mapping[str, object]) -> dict[str, Plain]:
    """Give the facts as they may be written; those named like a secret are dropped."""
    return _tidy(facts, depth=0)


def _tidy(facts: Mapping[str, object], depth: int) -> dict[str, Plain]:
    return {
        name[:LONGEST]: _plain(value, depth)
        for name, value in islice(facts.items(), _MOST)
        if not _is_secret(name[:LONGEST])
    }


@lru_cache(maxsize=1024)
def _is_secret(name: str) -> bool:
    words = name.lower().replace("-", "_").replace(".", "_").split("_")
    return words[-1] not in _HARMLESS_ENDINGS and not _SECRET_WORDS.isdisjoint(words)


def _plain(value: object, depth: int) -> Plain:
    if type(value) is str:
        return value[:LONGEST]
    if type(value) is int:
        return _number(value)
    match value:
        case Enum():
            return _plain(value.value, depth)
        case None | bool():
            return value
        case int() | float():
            return _number(value)
        case Mapping() | list() | tuple() | frozenset() | set():
            return _nested(value, depth + 1)
    return _text(value)[:LONGEST]


def _number(value: float) -> Plain:
    # Other programs read numbers as floats: what none can hold arrives only as a text.
    if abs(value) <= 2**53:
        return value
    is_huge = isinstance(value, int) and abs(value) >= 10**40
    return "a huge number" if is_huge else str(value)


def _text(value: object) -> str:
    match value:
        case str() | Trouble() | PurePath():
            return str(value)
        case date():
            return value.isoformat()
        case timedelta():
            return f"{value.total_seconds():g}s"
        case bytes() | bytearray() | memoryview():
            return f"{len(value)} byte{'s' * (len(value) != 1)}"
    # What others would say about themselves may hold anything.
    return type(value).__name__


def _nested(value: Mapping[object, object] | Collection[object], depth: int) -> Plain:
    if depth > _DEEPEST:
        return f"{type(value).__name__} of {len(value)}"
    if isinstance(value, Mapping):
        return _tidy({str(name): entry for name, entry in value.items()}, depth)
    return [_plain(entry, depth) for entry in list(value)[:_MOST]]
