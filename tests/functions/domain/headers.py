"""The headers of one notification as Google's guide gives it, to be spoilt one at a time."""

from __future__ import annotations

from typing import Any

import pytest

from functions.domain import notification
from functions.domain.errors import Invalid
from functions.domain.model import Message

URI = "https://www.googleapis.com/drive/v3/changes?alt=json&pageToken=430&supportsAllDrives=true"
HEADERS = {
    "Host": "example.com",
    "User-Agent": "APIs-Google; (+https://developers.google.com/webmasters/APIs-Google.html)",
    "Content-Length": "0",
    "X-Goog-Channel-Id": "4ba78bf0-6a47-11e2-bcfd-0800200c9a66",
    "X-Goog-Channel-Expiration": "Tue, 19 Nov 2013 01:13:52 GMT",
    "X-Goog-Channel-Token": "1.k1.YW5h.mac",
    "X-Goog-Message-Number": "10",
    "X-Goog-Resource-Id": "ret08u3rv24htgh289g",
    "X-Goog-Resource-State": "change",
    "X-Goog-Resource-Uri": URI,
}
REQUIRED = ("Channel-ID", "Message-Number", "Resource-ID", "Resource-State", "Resource-URI")


def with_header(name: str, value: str) -> dict[str, str]:
    """Give the headers with one of ours set or replaced."""
    rest = {key: text for key, text in HEADERS.items() if key.lower() != f"x-goog-{name}".lower()}
    return {**rest, f"X-Goog-{name}": value}


def parse(headers: notification.Headers, body: bytes) -> Message:
    """Read a notification from the headers as they came."""
    return notification.parse(notification.collect(headers), body)


def token_of(headers: notification.Headers) -> str | None:
    """Give the token that came along with these headers."""
    return notification.token_of(notification.collect(headers))


def refusal(headers: Any, body: bytes = b"") -> str:
    """Give what is said of headers that are refused."""
    with pytest.raises(Invalid) as refused:
        parse(headers, body)
    return refused.value.text
