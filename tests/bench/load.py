"""The load: one process that keeps connections busy, each with its next request at once.

    python -m tests.bench.load PORT CONNECTIONS SECONDS < requests

Standard input has whole HTTP requests, one a block, in JSON; the answer is JSON on standard output.
No HTTP library takes part, so that what is measured is the server. A status is read, and the body
as far as `Content-Length` says.
"""

from __future__ import annotations

import json
import selectors
import socket
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import cycle
from typing import Any

HEAD_ENDS = b"\r\n\r\n"
LENGTH = b"content-length:"


@dataclass(slots=True)
class Line:
    """One connection and what is under way on it."""

    socket: socket.socket
    sent: float = 0.0
    got: bytes = b""


@dataclass(slots=True)
class Tally:
    """What came back: how long each took, and how often which status."""

    took: list[float] = field(default_factory=list)
    statuses: dict[str, int] = field(default_factory=dict)

    def note(self, seconds: float, status: str) -> None:
        """Count one answer."""
        self.took.append(seconds)
        self.statuses[status] = self.statuses.get(status, 0) + 1


def whole(answer: bytes) -> bool:
    """Tell whether an answer has arrived with all its body."""
    head, ends, body = answer.partition(HEAD_ENDS)
    if not ends:
        return False
    for line in head.lower().split(b"\r\n"):
        if line.startswith(LENGTH):
            return len(body) >= int(line[len(LENGTH) :])
    return True


def press(port: int, connections: int, seconds: float, requests: Iterator[bytes]) -> Tally:
    """Keep so many connections busy for so long."""
    selector = selectors.DefaultSelector()
    tally = Tally()
    for _ in range(connections):
        line = Line(socket.create_connection(("127.0.0.1", port), timeout=30))
        line.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        selector.register(line.socket, selectors.EVENT_READ, line)
        _send(line, requests)
    until = time.perf_counter() + seconds
    while time.perf_counter() < until:
        for key, _ in selector.select(1.0):
            _hear(key.data, tally, requests)
    for key in list(selector.get_map().values()):
        key.data.socket.close()
    return tally


def _send(line: Line, requests: Iterator[bytes]) -> None:
    line.got = b""
    line.sent = time.perf_counter()
    line.socket.sendall(next(requests))


def _hear(line: Line, tally: Tally, requests: Iterator[bytes]) -> None:
    part = line.socket.recv(65536)
    if not part:
        raise ConnectionError("the server hung up")
    line.got += part
    if whole(line.got):
        tally.note(time.perf_counter() - line.sent, line.got[9:12].decode())
        _send(line, requests)


def main(port: str, connections: str, seconds: str) -> None:
    """Press, and print what came back."""
    requests = [text.encode("latin-1") for text in json.load(sys.stdin)]
    began = time.perf_counter()
    tally = press(int(port), int(connections), float(seconds), cycle(requests))
    lasted = time.perf_counter() - began
    told: dict[str, Any] = {"lasted": lasted, "statuses": tally.statuses}
    json.dump({**told, "took": tally.took}, sys.stdout)


if __name__ == "__main__":
    main(*sys.argv[1:])
