"""Reads and writes lengths of time as people declare them: "1h", "90s", "1h30m", "7d"."""

from __future__ import annotations

import re
from datetime import timedelta

from functions.domain.errors import Invalid

ALLOWED = "a positive length of time such as 45s, 10m, 1h, 1h30m or 7d"
LONGEST = timedelta(days=3650)

_SECONDS = {"ms": 0.001, "s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}
_PART = re.compile(r"([0-9]{1,9}(?:\.[0-9]{1,6})?)(ms|[smhdw])")
_WHOLE = re.compile(rf"(?:{_PART.pattern})+", re.ASCII)


def parse_duration(text: object) -> timedelta:
    """Give the length that `text` names; `Invalid` says what is allowed."""
    if not isinstance(text, str) or not _WHOLE.fullmatch(text):
        msg = f"{text!r} is not {ALLOWED}"
        raise Invalid(msg)
    seconds = sum(float(number) * _SECONDS[unit] for number, unit in _PART.findall(text))
    if not 0 < seconds <= LONGEST.total_seconds():
        msg = f"{text!r} is not {ALLOWED}, at most {format_duration(LONGEST)}"
        raise Invalid(msg)
    return timedelta(seconds=seconds)


def format_duration(length: timedelta) -> str:
    """Give the shortest text that `parse_duration` reads as `length`."""
    seconds = length.total_seconds()
    for unit in ("d", "h", "m"):
        if seconds >= _SECONDS[unit] and seconds % _SECONDS[unit] == 0:
            return f"{int(seconds // _SECONDS[unit])}{unit}"
    return f"{seconds:g}s"
