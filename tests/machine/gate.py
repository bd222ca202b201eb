"""An address as `doctor` meets it: answers as `receive` does, or in another way of one's choice."""

from __future__ import annotations

import datetime as dt
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from functions.domain import token
from functions.domain.errors import Unverified
from functions.domain.keyring import parse_ring


@dataclass
class Gate:
    """What answers, and how."""

    keys: Path
    robots: tuple[int, str] = (404, "")
    get: int = 405
    post: Callable[[bool], int] = field(default=lambda genuine: 204 if genuine else 401)
    url: str = ""

    def is_genuine(self, headers: Any) -> bool:
        """Tell whether the token of a message is one of our keys'."""
        channel = headers.get("X-Goog-Channel-ID", "")
        try:
            ring = parse_ring(self.keys.read_text())
            token.verify(ring, headers.get("X-Goog-Channel-Token"), channel=channel)
        except Unverified:
            return False
        return True


@contextmanager
def opened(gate: Gate, *, certificate: Path | None = None) -> Iterator[Gate]:
    """Serve a gate; with a certificate of nobody's by https."""

    class Answers(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.path == "/robots.txt":
                self._answer(*gate.robots)
            else:
                self._answer(gate.get, "", allow=True)

        def do_POST(self) -> None:
            self._answer(gate.post(gate.is_genuine(self.headers)), "")

        def _answer(self, status: int, text: str, *, allow: bool = False) -> None:
            self.send_response(status)
            if allow:
                self.send_header("Allow", "POST")
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text.encode())

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    if certificate is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        server.socket = context.wrap_socket(server.socket, server_side=True)
    scheme, host = ("https", "localhost") if certificate else ("http", "127.0.0.1")
    gate.url = f"{scheme}://{host}:{server.server_port}/receive"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield gate
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def self_signed(path: Path) -> Path:
    """Write a certificate that no authority has signed, with its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = dt.datetime.now(dt.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=30))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    path.write_bytes(private + made.public_bytes(serialization.Encoding.PEM))
    return path
