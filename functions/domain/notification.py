"""Reads one notification: its headers and body become a `Message`, or `Invalid` says what is wrong.

Total and strict: whatever arrives gives one of the two. The headers and their forms are those of
https://developers.google.com/workspace/drive/api/guides/push#understanding-the-notification-message-format
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import datetime

from functions.domain.errors import Invalid
from functions.domain.model import Message

LONGEST_VALUE = 8192  # a resource URI may carry a long page token
LARGEST_NUMBER = 2**63

_CHANNEL_ID = re.compile(r"[A-Za-z0-9\-_+/=]{1,64}", re.ASCII)
_NUMBER = re.compile(r"[0-9]{1,19}", re.ASCII)
_STATE = re.compile(r"[\x21-\x7e]{1,128}", re.ASCII)
_PRINTABLE = re.compile(r"[\x20-\x7e\x80-\xff]+")
_MONTHS = (
    *("Jan", "Feb", "Mar", "Apr", "May", "Jun"),
    *("Jul", "Aug", "Sep", "Oct", "Nov", "Dec"),
)
_HTTP_DATE = re.compile(
    r"(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), ([0-9]{2}) ([A-Z][a-z]{2}) ([1-9][0-9]{3}) "
    r"((?:[01][0-9]|2[0-3]):[0-9]{2}:[0-9]{2}) GMT",
    re.ASCII,
)

# All that is read; Google's other headers, if ever there are any, do not matter.
NAMES = (
    "X-Goog-Channel-ID",
    "X-Goog-Channel-Expiration",
    "X-Goog-Channel-Token",
    "X-Goog-Changed",
    "X-Goog-Message-Number",
    "X-Goog-Resource-ID",
    "X-Goog-Resource-State",
    "X-Goog-Resource-URI",
)
Headers = Mapping[str, str] | Iterable[tuple[str, str]]
Values = Mapping[str, str]  # of Google's headers, by their names in lower case


def collect(headers: Headers) -> Values:
    """Give the values of Google's headers.

    Args:
        headers: names in any case; one given twice is refused, as nobody can tell which counts.
    """
    values: dict[str, str] = {}
    for name, value in headers.items() if isinstance(headers, Mapping) else headers:
        key = name.lower()
        if not key.startswith("x-goog-"):
            continue
        if key in values:
            msg = f"header {name[:64]!r} is given twice"
            raise Invalid(msg)
        values[key] = value.strip(" \t")
    return values


def parse(values: Values, body: bytes) -> Message:
    """Give the message that headers and body make.

    Args:
        values: what `collect` gave.
        body: what Directory and Reports send along; kept as text, never relied on.
    """
    return Message(
        channel=_required(values, "X-Goog-Channel-ID", _CHANNEL_ID),
        number=_number(_required(values, "X-Goog-Message-Number", _NUMBER)),
        state=_required(values, "X-Goog-Resource-State", _STATE),
        resource_id=_required(values, "X-Goog-Resource-ID", _PRINTABLE),
        resource_uri=_required(values, "X-Goog-Resource-URI", _PRINTABLE),
        expiration=_http_date(values.get("x-goog-channel-expiration")),
        changed=_changed(values.get("x-goog-changed", "")),
        body=body.decode(errors="replace"),
    )


def token_of(values: Values) -> str | None:
    """Give the channel token that came along; it is not part of the message and never kept."""
    return values.get("x-goog-channel-token")


def _required(values: Mapping[str, str], name: str, form: re.Pattern[str]) -> str:
    value = values.get(name.lower(), "")
    if not value:
        msg = f"header {name} is missing"
        raise Invalid(msg)
    if len(value) > LONGEST_VALUE or not form.fullmatch(value):
        msg = f"header {name} is malformed"
        raise Invalid(msg)
    return value


def _number(text: str) -> int:
    number = int(text)
    if not 1 <= number <= LARGEST_NUMBER:
        msg = "header X-Goog-Message-Number is not between 1 and 2^63"
        raise Invalid(msg)
    return number


def _http_date(text: str | None) -> datetime | None:
    # Human-readable, "Tue, 19 Nov 2013 01:13:52 GMT": never the milliseconds of the watch answer.
    if text is None:
        return None
    try:
        if not (found := _HTTP_DATE.fullmatch(text)):
            raise ValueError
        day, month, year, time = found.groups()
        number = _MONTHS.index(month) + 1
        return datetime.fromisoformat(f"{year}-{number:02}-{day}T{time}+00:00")
    except ValueError:
        msg = "header X-Goog-Channel-Expiration is not an HTTP date"
        raise Invalid(msg) from None


def _changed(text: str) -> tuple[str, ...]:
    if len(text) > LONGEST_VALUE:
        msg = "header X-Goog-Changed is malformed"
        raise Invalid(msg)
    return tuple(word for part in text.split(",") if (word := part.strip().lower()))
