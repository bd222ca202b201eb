"""A receiver of webhooks on this machine: keeps what came, answers as it is told."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass(frozen=True, slots=True)
class Posted:
    """One request: its body and its headers, their names in lower case."""

    path: str
    body: bytes
    headers: dict[str, str]


@dataclass(slots=True)
class Receiver:
    """What came so far, and what is answered from now on."""

    url: str = ""
    answer: tuple[int, Mapping[str, str]] = (204, {})
    got: list[Posted] = field(default_factory=list)
    accepted: list[Posted] = field(default_factory=list)  # those answered with a 2xx


@contextmanager
def receiving(port: int = 0) -> Iterator[Receiver]:
    """Run a receiver; several may, one after the other, use the same port."""
    receiver = Receiver()

    class Handler(BaseHTTPRequestHandler):
        """Keeps and answers."""

        def do_POST(self) -> None:
            """Answer a POST."""
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            headers = {name.lower(): value for name, value in self.headers.items()}
            posted = Posted(self.path, body, headers)
            status, more = receiver.answer
            receiver.got.append(posted)
            if status < 300:
                receiver.accepted.append(posted)
            self.send_response(status)
            for name, value in more.items():
                self.send_header(name, value)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    receiver.url = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield receiver
    finally:
        server.shutdown()
        server.server_close()
