"""Reads what a Google API answered: its clock, and which of our errors a refusal means.

Bodies and headers come in as they are and leave as short sentences; nothing here does I/O.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Any

from functions.domain.errors import Trouble, Unavailable
from functions.domain.refusal import read_refusal

# Nobody who means well asks for more, and a slip of theirs must not silence a watch for good.
_LONGEST_WAIT = timedelta(days=1)
_SECONDS = re.compile(r"[0-9]{1,9}")


def read_date(headers: Mapping[str, str]) -> datetime | None:
    """Give the time of Google's clock; None if the header is missing or unreadable."""
    return _http_date(headers.get("date", ""))


def read_error(
    status: int,
    headers: Mapping[str, str],
    content: bytes,
    *,
    secrets: Sequence[str],
    now: datetime,
) -> Trouble:
    """Give the error that an answer other than 2xx means, in a text that repeats no secret."""
    reason, message = _reason(content)
    for secret in secrets:
        message = message.replace(secret, "***")
    # By the clock of whoever named the date, if they tell it.
    wait = _retry_after(headers, read_date(headers) or now)
    if status < HTTPStatus.BAD_REQUEST:
        # Google's APIs redirect nobody: something stands between us and them.
        return Unavailable(f"{status}: redirected instead of answered", wait)
    return read_refusal(status, reason=reason, message=message or _phrase(status), retry_after=wait)


def _reason(content: bytes) -> tuple[str, str]:
    """Find reason and message in all shapes that Google gives its errors.

    https://docs.cloud.google.com/apis/design/errors#http_mapping
    """
    try:
        error = json.loads(content)["error"]
    except (ValueError, RecursionError, TypeError, KeyError, IndexError):
        return "", ""
    if isinstance(error, str):
        return error, ""
    if not isinstance(error, Mapping):
        return "", ""
    reasons = (entry.get("reason") for entry in [*_maps(error, "errors"), *_maps(error, "details")])
    words = (*reasons, error.get("status"))
    reason = next((word for word in words if isinstance(word, str) and word), "")
    message = error.get("message")
    return reason, message if isinstance(message, str) else ""


def _maps(error: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    entries = error.get(name)
    if not isinstance(entries, list):
        return []
    return [entry for entry in entries if isinstance(entry, Mapping)]


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "no reason given"


def _retry_after(headers: Mapping[str, str], now: datetime) -> timedelta | None:
    text = headers.get("retry-after", "").strip()
    if _SECONDS.fullmatch(text):
        return min(timedelta(seconds=int(text)), _LONGEST_WAIT)
    date = _http_date(text)
    return min(max(date - now, timedelta()), _LONGEST_WAIT) if date else None


def _http_date(text: str) -> datetime | None:
    try:
        date = parsedate_to_datetime(text)
        # A date "in no zone" (-0000) is one in UTC.
        return date.replace(tzinfo=UTC) if date.tzinfo is None else date.astimezone(UTC)
    except (ValueError, TypeError, OverflowError, IndexError):
        return None
