"""Reads and writes lengths of time as people declare them: "1h", "90s", "1h30m", "7d"."""

from __future__ import annotations

import re
from datetime import timedelta

from functions.domain.errors import Invalid

ALLOWED = "a positive length of time such as 45s, 10m, 1h, 1h30m or 7d"
LONGEST = timedelta(days=3650)

_UNITS = {
    "ms": timedelta(milliseconds=1),
    "s": timedelta(seconds=1),
    "m": timedelta(minutes=1),
    "h": timedelta(hours=1),
    "d": timedelta(days=1),
    "w": timedelta(weeks=1),
}
_PART = re.compile(r"([0-9]{1,9}(?:\.[0-9]{1,6})?)(ms|[smhdw])")
_WHOLE = re.compile(rf"(?:{_PART.pattern})+", re.ASCII)


def parse_duration(text: object) -> timedelta:
    """Give the length that `text` names; `Invalid` says what is allowed."""
    if not isinstance(text, str) or not _WHOLE.fullmatch(text):
        msg = f"{text!r} is not {ALLOWED}"
        raise Invalid(msg)
    parts = _PART.findall(text)
    seconds = sum(float(number) * _UNITS[unit].total_seconds() for number, unit in parts)
    # A length below a microsecond is none: what is compared here is what is returned.
    length = timedelta(seconds=min(seconds, 2 * LONGEST.total_seconds()))
    if not timedelta(0) < length <= LONGEST:
        msg = f"{text!r} is not {ALLOWED}, at most {format_duration(LONGEST)}"
        raise Invalid(msg)
    return length


def format_duration(length: timedelta) -> str:
    """Give a text that `parse_duration` reads as `length`, in the largest unit that is exact."""
    for unit in ("d", "h", "m", "s"):
        if length >= _UNITS[unit] and not length % _UNITS[unit]:
            return f"{length // _UNITS[unit]}{unit}"
    return f"{length.total_seconds():.6f}".rstrip("0").rstrip(".") + "s"
