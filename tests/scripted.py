"""An HTTP server that answers as a test has written down, and remembers what it was asked."""

from __future__ import annotations

import json
import socket
import struct
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import Enum, auto
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit


class How(Enum):
    """What becomes of an answer."""

    WHOLE = auto()
    NONE = auto()  # the request is read, the connection closed
    RESET = auto()  # the request is read, the connection reset
    TORN = auto()  # the connection is closed amid the answer
    LAST = auto()  # the connection is closed after the answer, without a word
    LATE = auto()  # nothing comes until the test is over


@dataclass(frozen=True, kw_only=True)
class Reply:
    """One answer."""

    status: int = 200
    body: Any = field(default_factory=lambda: {"kind": "any"})  # bytes as they are, else JSON
    headers: Mapping[str, str | None] = field(default_factory=dict)
    how: How = How.WHOLE

    @property
    def content(self) -> bytes:
        """The bytes of the body."""
        return self.body if isinstance(self.body, bytes) else json.dumps(self.body).encode()


@dataclass(frozen=True, kw_only=True)
class Asked:
    """One request."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes
    connection: int

    @property
    def json(self) -> Any:
        """The body as JSON."""
        return json.loads(self.body)

    @property
    def form(self) -> Mapping[str, str]:
        """The body as a form."""
        return _first(self.body.decode())


class Script:
    """What to answer, one after the other (the last one again and again), and what was asked."""

    def __init__(self) -> None:
        self.replies: list[Reply] = [Reply()]
        self.asked: list[Asked] = []
        self.over = threading.Event()
        self.url = ""
        self._lock = threading.Lock()

    def answer(self, *replies: Reply) -> None:
        """Answer so from now on."""
        self.replies = list(replies)

    def next(self, asked: Asked) -> Reply:
        """Note a request and give its answer."""
        with self._lock:
            self.asked.append(asked)
            return self.replies.pop(0) if len(self.replies) > 1 else self.replies[0]


@contextmanager
def serve_script() -> Iterator[Script]:
    """Serve a script for the length of the block."""
    script = Script()
    server = _Server(("127.0.0.1", 0), _Handler)
    server.script = script
    script.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.005,), daemon=True)
    thread.start()
    try:
        yield script
    finally:
        script.over.set()
        server.shutdown()
        server.server_close()
        thread.join()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 64
    script: Script


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # head and body in one piece, else the client waits for the second
    server: _Server

    def do_GET(self) -> None:
        reply = self.server.script.next(self._asked())
        match reply.how:
            case How.WHOLE | How.TORN | How.LAST:
                self._write(reply)
            case How.LATE:
                self.server.script.over.wait(10)
            case How.RESET:
                linger = struct.pack("ii", 1, 0)
                self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        if reply.how is not How.WHOLE:
            self.close_connection = True

    def do_POST(self) -> None:
        self.do_GET()

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def _asked(self) -> Asked:
        # Not `self.path`, which has the slashes at its beginning mended.
        parts = urlsplit(self.server.script.url + self.requestline.split()[1])
        return Asked(
            method=self.command,
            path=parts.path,
            query=_first(parts.query),
            headers={name.lower(): value for name, value in self.headers.items()},
            body=self.rfile.read(int(self.headers.get("content-length") or 0)),
            connection=self.client_address[1],
        )

    def _write(self, reply: Reply) -> None:
        self.send_response_only(reply.status)
        headers = {
            "Date": self.date_time_string(),
            "Content-Length": str(len(reply.content)),
            "Content-Type": "application/json; charset=UTF-8",
            **reply.headers,
        }
        for name, value in headers.items():
            if value is not None:
                self.send_header(name, value)
        self.end_headers()
        content = reply.content
        self.wfile.write(content[: len(content) // 2] if reply.how is How.TORN else content)


def _first(query: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(query, keep_blank_values=True).items()}
