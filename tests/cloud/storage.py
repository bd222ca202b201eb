"""A simulated Cloud Storage: as much of its JSON API as the library uses for copies.

https://docs.cloud.google.com/storage/docs/json_api
"""

from __future__ import annotations

import base64
import json
import re
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

import google_crc32c

MOST_SOURCES = 32
_OBJECT = re.compile(r"/storage/v1/b/([^/]+)/o(?:/([^/]+?))?(/compose)?")


@dataclass(slots=True)
class Thing:
    """An object: its bytes and what is said of it."""

    name: str
    data: bytes
    fields: dict[str, Any]

    def resource(self, bucket: str) -> dict[str, Any]:
        """Show it as the API does."""
        crc = struct.pack(">I", google_crc32c.value(self.data))
        return {
            **self.fields,
            "kind": "storage#object",
            "bucket": bucket,
            "name": self.name,
            "size": str(len(self.data)),
            "crc32c": base64.b64encode(crc).decode(),
        }


@dataclass
class Storage:
    """What is kept, in one bucket."""

    url: str = ""
    things: dict[str, Thing] = field(default_factory=dict)
    largest: int = 0  # bytes of the largest request

    def answer(self, method: str, target: str, headers: Any, body: bytes) -> tuple[int, Any]:
        """Do what is asked."""
        self.largest = max(self.largest, len(body))
        parts = urlsplit(target)
        asked = dict(parse_qsl(parts.query))
        if parts.path.startswith("/upload/"):
            return self._upload(headers["Content-Type"], body)
        match = _OBJECT.fullmatch(parts.path)
        if not match:
            return 404, {}
        bucket, name = match[1], unquote(match[2] or "")
        if not name:
            found = [t for n, t in sorted(self.things.items()) if n.startswith(asked["prefix"])]
            return 200, {"items": [thing.resource(bucket) for thing in found]}
        if match[3]:
            return self._compose(bucket, name, asked, json.loads(body))
        thing = self.things.get(name)
        if thing is None:
            return 404, {"error": {"code": 404, "message": "No such object"}}
        if method == "DELETE":
            del self.things[name]
            return 204, None
        return 200, thing.resource(bucket)

    def _upload(self, kind: str, body: bytes) -> tuple[int, Any]:
        # The library's email parser would take seconds for what a split does at once.
        mark = b"--" + kind.partition("boundary=")[2].strip('"').encode()
        _, first, second = body.split(mark + b"\r\n", 2)
        said = first.partition(b"\r\n\r\n")[2]
        content = second.partition(b"\r\n\r\n")[2].removesuffix(b"\r\n" + mark + b"--")
        fields = json.loads(said)
        thing = Thing(fields["name"], content, fields)
        shown = thing.resource("bucket")
        if fields.get("crc32c", shown["crc32c"]) != shown["crc32c"]:
            return 400, {"error": {"code": 400, "message": "crc32c does not match"}}
        self.things[thing.name] = thing
        return 200, shown

    def _compose(
        self, bucket: str, name: str, asked: dict[str, str], wanted: dict[str, Any]
    ) -> tuple[int, Any]:
        if asked.get("ifGenerationMatch") == "0" and name in self.things:
            return 412, {"error": {"code": 412, "message": "conditionNotMet"}}
        sources = [each["name"] for each in wanted["sourceObjects"]]
        if not 1 <= len(sources) <= MOST_SOURCES or any(s not in self.things for s in sources):
            return 400, {"error": {"code": 400, "message": "bad sources"}}
        data = b"".join(self.things[each].data for each in sources)
        self.things[name] = Thing(name, data, wanted.get("destination") or {})
        return 200, self.things[name].resource(bucket)


@contextmanager
def storing() -> Iterator[Storage]:
    """Serve a storage for the length of the block."""
    storage = Storage()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _do(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            status, said = storage.answer(self.command, self.path, self.headers, body)
            text = b"" if said is None else json.dumps(said).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        do_GET = do_POST = do_DELETE = _do  # noqa: N815 - the names the server calls

        def log_message(self, *args: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    storage.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield storage
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
