"""Makes any value one that JSON can carry and every reader can read."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping, Sequence
from typing import Any

DEEPEST = 100  # levels; common readers of JSON give up between 128 and 1,000
_LONGEST_NUMBER = 1024  # bits; what is larger, not every reader (nor Python's own) takes
_HALF = re.compile("[\ud800-\udfff]")
# Of so large a number, which has 309 digits, every 25th character makes 12 digits in a row.
_STRIDE, _DIGITS = 25, re.compile("[0-9]{12}")
_STRICT = json.JSONEncoder(
    ensure_ascii=False, check_circular=False, allow_nan=False, separators=(",", ":")
)


class TooDeep(Exception):
    """The value is nested deeper than readers of JSON can be expected to follow."""


def json_if_plain(value: object) -> str | None:
    """Give the JSON of a value with texts for keys that `plain` would leave as it is.

    None if it might not: what it looks at are quick signs, so that the value is gone through once.
    """
    try:
        text = _STRICT.encode(value)
        text.encode()
    except (TypeError, ValueError, RecursionError):
        return None
    levels = text.count("{") + text.count("[")  # at most
    if levels > DEEPEST or _DIGITS.search(text[::_STRIDE]):
        return None
    return text


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
