"""A push endpoint for tests: an HTTP server that keeps what is posted and answers as it is told."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from infra.envelope import Envelope, read_envelope

Answer = Callable[[Envelope], int]
_WITHIN = 30.0  # seconds for what takes milliseconds on an idle machine


class Endpoint:
    """What was delivered, and the address it is delivered to."""

    def __init__(self) -> None:
        self.arrived: list[Envelope] = []
        self.headers: list[dict[str, str]] = []
        self.answer: Answer = lambda _: 204
        self.url = ""
        self._changed = threading.Condition()

    def take(self, body: bytes, headers: dict[str, str]) -> int:
        """Keep a delivery and give the status to answer it with."""
        envelope = read_envelope(body)
        with self._changed:
            self.arrived.append(envelope)
            self.headers.append(headers)
            self._changed.notify_all()
        return self.answer(envelope)

    def wait_for(self, count: int) -> list[Envelope]:
        """Wait until so many deliveries came."""
        with self._changed:
            came = self._changed.wait_for(lambda: len(self.arrived) >= count, _WITHIN)
            assert came, f"{len(self.arrived)} of {count} deliveries came"
            return list(self.arrived)

    def settle(self, quiet: float = 0.3) -> list[Envelope]:
        """Wait until nothing came for a while."""
        count = -1
        while count != len(self.arrived):
            count = len(self.arrived)
            time.sleep(quiet)
        return list(self.arrived)


@contextmanager
def listening() -> Iterator[Endpoint]:
    """Serve an endpoint for the length of the block."""
    endpoint = Endpoint()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            headers = {name.lower(): value for name, value in self.headers.items()}
            self.send_response(endpoint.take(body, headers))
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *args: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    endpoint.url = f"http://127.0.0.1:{server.server_port}/push"
    try:
        yield endpoint
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
