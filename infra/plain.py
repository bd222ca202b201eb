"""Makes any value one that JSON can carry and every reader can read."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from typing import Any

DEEPEST = 100  # levels; common readers of JSON give up between 128 and 1,000
_LONGEST_NUMBER = 1024  # bits; what is larger, not every reader (nor Python's own) takes
_HALF = re.compile("[\ud800-\udfff]")


class TooDeep(Exception):
    """The value is nested deeper than readers of JSON can be expected to follow."""


def plain(value: object, depth: int = 0) -> object:
    """Give `value` as texts, numbers, truths, lists and maps; `TooDeep` if it has too many levels.

    What JSON has no form for is given as near as can be: NaN and infinities as null, halves of
    surrogate pairs as U+FFFD, very large numbers as hexadecimal text, anything else as its text.
    """
    if depth > DEEPEST:
        raise TooDeep
    # Most of what there is first, by its very type: an item of an API has a hundred such values.
    kind = type(value)
    if kind is str:
        return plain_text(str(value))
    if value is None or kind is bool:
        return value
    if kind is dict or kind is list:
        return _nested(value, depth + 1)
    return _any(value, depth)


def _nested(value: Any, depth: int) -> object:
    if type(value) is list:
        return [plain(entry, depth) for entry in value]
    return {plain_text(str(key)): plain(entry, depth) for key, entry in value.items()}


def _any(value: object, depth: int) -> object:
    match value:
        case int():
            return int(value) if value.bit_length() <= _LONGEST_NUMBER else hex(value)
        case float():
            return float(value) if math.isfinite(value) else None
        case Mapping():
            return _nested(dict(value), depth + 1)
        case Sequence() if not isinstance(value, str | bytes | bytearray):
            return _nested(list(value), depth + 1)
    return plain_text(str(value))


def plain_text(text: str) -> str:
    """Give a text that UTF-8 can carry."""
    return text if text.isascii() else _HALF.sub("\ufffd", text)
