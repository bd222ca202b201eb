"""Requests that nobody should send, as bytes: forged, malformed, oversized, or no HTTP at all."""

from __future__ import annotations

from collections.abc import Mapping

HOST = b"Host: example.com\r\n"
GENUINE = {
    "X-Goog-Channel-ID": "c" * 32,
    "X-Goog-Message-Number": "1",
    "X-Goog-Resource-ID": "resource",
    "X-Goog-Resource-State": "change",
    "X-Goog-Resource-URI": "https://www.googleapis.com/drive/v3/changes?alt=json",
}


def post(headers: Mapping[str, str], body: bytes = b"", *, path: str = "/receive") -> bytes:
    """Write a POST."""
    lines = [f"POST {path} HTTP/1.1\r\n".encode(), HOST]
    lines += [f"{name}: {value}\r\n".encode("latin-1") for name, value in headers.items()]
    return b"".join([*lines, f"Content-Length: {len(body)}\r\n\r\n".encode(), body])


def forgeries(proof: str) -> dict[str, bytes]:
    """Give each kind by name; `proof` is a token that is good for another channel."""
    claimed = {**GENUINE, "X-Goog-Channel-Token": proof}
    bare = HOST + b"\r\n"
    return {
        "token of another channel": post(claimed),
        "no token": post(GENUINE),
        "token of an unknown key": post({**GENUINE, "X-Goog-Channel-Token": "1.nobody.YQ.YQ"}),
        "long token": post({**GENUINE, "X-Goog-Channel-Token": "1.k1." + "A" * 6000}),
        "expired": post({**claimed, "X-Goog-Channel-Expiration": "Tue, 19 Nov 2013 01:13:52 GMT"}),
        "odd number": post({**claimed, "X-Goog-Message-Number": "\xb2"}),
        "nothing of Google's": post({}),
        "body": post(claimed, b"{" * 200_000),
        "body too large": post(claimed, b"x" * 300_000),
        "another method": b"GET /receive HTTP/1.1\r\n" + bare,
        "any method": b"BREW /receive HTTP/1.1\r\n" + bare,
        "another path": b"POST /../../etc/passwd HTTP/1.1\r\nContent-Length: 0\r\n" + bare,
        "private path": b"POST /renew HTTP/1.1\r\nContent-Length: 0\r\n" + bare,
        "two lengths": b"POST /receive HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n"
        + bare,
        "negative length": b"POST /receive HTTP/1.1\r\nContent-Length: -1\r\n" + bare,
        "length and chunks": (
            b"POST /receive HTTP/1.1\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n"
            + bare
            + b"0\r\n\r\nPOST /receive HTTP/1.1\r\n"
            + bare
        ),
        "bad chunk": b"POST /receive HTTP/1.1\r\nTransfer-Encoding: chunked\r\n" + bare + b"zz\r\n",
        "huge chunk": (
            b"POST /receive HTTP/1.1\r\nTransfer-Encoding: chunked\r\n"
            + bare
            + b"f" * 15
            + b"\r\nx"
        ),
        "many headers": b"POST /receive HTTP/1.1\r\n" + b"X-A: b\r\n" * 5_000 + bare,
        "long header": b"POST /receive HTTP/1.1\r\nX-A: " + b"b" * 100_000 + b"\r\n" + bare,
        "folded header": b"POST /receive HTTP/1.1\r\nX-Goog-Channel-ID: a\r\n b\r\n" + bare,
        "NUL": b"POST /receive HTTP/1.1\r\nX-Goog-Channel-ID: a\0b\r\n" + bare,
        "HTTP/2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + b"\0\0\0\x04\0\0\0\0\0",
        "TLS": bytes.fromhex("16030100750100007103034e") + b"\0" * 100,
        "noise": bytes(range(256)) * 4,
    }
