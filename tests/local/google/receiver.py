"""A receiver of notifications that remembers what came and answers as it is told."""

import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class Receiver:
    """Listens on a free loopback port; `messages` are the headers that came, in order."""

    def __init__(self) -> None:
        self.messages: list[dict[str, str]] = []
        self.bodies: list[Any] = []
        self.statuses: list[int] = []  # answered first; 204 when they are used up
        self.robots = 404, b""
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        self.url = f"http://127.0.0.1:{self._server.server_port}/receive"

    def states(self, channel: str = "") -> list[str]:
        """Tell the states that came, on one channel or on all."""
        return [
            each["X-Goog-Resource-State"]
            for each in list(self.messages)
            if channel in {"", each["X-Goog-Channel-ID"]}
        ]

    def wait(self, count: int) -> list[dict[str, str]]:
        """Wait until so many messages came; AssertionError if they do not."""
        until = time.monotonic() + 5
        while len(self.messages) < count:
            assert time.monotonic() < until, f"only {len(self.messages)} of {count} came"
            time.sleep(0.005)
        return self.messages

    def close(self) -> None:
        """End it."""
        self._server.shutdown()
        self._server.server_close()


def _handler(receiver: Receiver) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            status = receiver.statuses.pop(0) if receiver.statuses else 204
            receiver.bodies.append(json.loads(body) if body else None)
            receiver.messages.append(dict(self.headers))
            self.send_response(status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def do_GET(self) -> None:
            status, text = receiver.robots
            self.send_response(status)
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        def log_message(self, *args: object) -> None:
            """Say nothing."""

    return Handler
