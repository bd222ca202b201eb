"""HTTP on a loopback port, a thread for each connection, kept alive as Google's are."""

import json
import socket
import struct
import threading
from contextlib import suppress
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from infra.local.google.application import Application, Request
from infra.local.google.call import Reply

# Closing with this sends a reset: some clients resend after an orderly end, none after that.
_LINGER_NOT = struct.pack("ii", 1, 0)


class Listener(ThreadingHTTPServer):
    """A server whose open connections end with it, as if Google were gone."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, host: str, port: int, application: Application) -> None:
        super().__init__((host, port), _Handler)
        self.application = application
        self._open: set[socket.socket] = set()
        self._guard = threading.Lock()

    def process_request(self, request: object, client_address: object) -> None:
        """Note a new connection and serve it."""
        with self._guard:
            self._open.add(request)  # type: ignore[arg-type]
        super().process_request(request, client_address)  # type: ignore[arg-type]

    def shutdown_request(self, request: object) -> None:
        """Forget a connection that ended."""
        with self._guard:
            self._open.discard(request)
        super().shutdown_request(request)  # type: ignore[arg-type]

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing of callers that went away."""

    def end(self) -> None:
        """Stop listening and cut every connection."""
        self.shutdown()
        self.server_close()
        with self._guard:
            for each in self._open:
                with suppress(OSError):
                    each.shutdown(socket.SHUT_RDWR)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1
    server: Listener

    def handle_one_request(self) -> None:
        self.raw_requestline = self.rfile.readline(65537)
        if not self.raw_requestline or not self.parse_request():
            self.close_connection = True
            return
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length)
        request = Request(self.command, self.path, self.headers, body)  # type: ignore[arg-type]
        reply = self.server.application.answer(request)
        if reply.dropped:
            self.close_connection = True
            self._drop(reset=reply.reset)
            return
        self._send(reply)

    def _drop(self, *, reset: bool) -> None:
        if reset:
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_NOT)
            self.connection.close()
            self.rfile.close()
        else:
            self.connection.shutdown(socket.SHUT_RDWR)

    def _send(self, reply: Reply) -> None:
        body, length = reply.body, reply.length
        if isinstance(body, dict):
            body = json.dumps(body, separators=(",", ":"), ensure_ascii=False).encode()
            reply.headers.setdefault("Content-Type", "application/json; charset=UTF-8")
        if body is None or isinstance(body, bytes):
            body = [body or b""]
            length = len(body[0])
        self.send_response_only(reply.status)
        for name, value in reply.headers.items():
            self.send_header(name, value)
        if reply.status != HTTPStatus.NO_CONTENT:
            self.send_header("Content-Length", str(length))
        self.end_headers()
        for piece in body:
            self.wfile.write(piece)
        self.wfile.flush()
