"""Notifications as Google sends them, genuine and forged, as the bytes of HTTP requests."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from functions.domain import token
from functions.domain.keyring import Key, Ring, format_ring

KEY = Key(id="bench", created=datetime(2026, 1, 1, tzinfo=UTC), secret=b"only-for-measuring-" * 3)
WATCHES = 64
EXPIRATION = "Tue, 19 Nov 2999 01:13:52 GMT"
AGENT = "APIs-Google; (+https://developers.google.com/webmasters/APIs-Google.html)"


def write_keys(folder: Path) -> Path:
    """Write the key ring that verifies them."""
    path = folder / "signing-keys"
    path.write_text(format_ring(Ring((KEY,))))
    path.chmod(0o600)
    return path


def tokens() -> dict[str, str]:
    """Give the token of each channel."""
    return {channel(n): token.mint(KEY, channel=channel(n), watch=watch(n)) for n in range(WATCHES)}


def channel(number: int) -> str:
    """Name a channel as Watchkeeper does."""
    return f"{number:032x}"


def watch(number: int) -> str:
    """Name the watch of a channel."""
    return f"watch-{number}"


def genuine() -> Sequence[bytes]:
    """Give one notification of each channel."""
    return [_request(name, proof, n + 2) for n, (name, proof) in enumerate(tokens().items())]


def forged() -> Sequence[bytes]:
    """Give the same with the token of another channel: all that a forger lacks is the key."""
    found = tokens()
    others = list(found.values())[1:] + list(found.values())[:1]
    return [
        _request(name, other, n + 2)
        for n, (name, other) in enumerate(zip(found, others, strict=True))
    ]


def _request(name: str, proof: str, number: int) -> bytes:
    lines = [
        "POST / HTTP/1.1",
        "Host: 127.0.0.1",
        f"User-Agent: {AGENT}",
        "Accept: */*",
        "Content-Length: 0",
        f"X-Goog-Channel-ID: {name}",
        f"X-Goog-Channel-Expiration: {EXPIRATION}",
        f"X-Goog-Channel-Token: {proof}",
        f"X-Goog-Message-Number: {number}",
        "X-Goog-Resource-ID: ret08u3rv24htgh289g",
        "X-Goog-Resource-State: change",
        "X-Goog-Resource-URI: https://www.googleapis.com/drive/v3/changes?alt=json&pageToken=430",
    ]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()
