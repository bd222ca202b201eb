"""Sends forged requests flat out from a process of its own: `python -m tests.hostile.flood`.

Each connection sends one request, reads what comes, and is closed or broken off, whichever the lot
says; then the next. Ends when its standard input does, and prints how many it sent.
"""

from __future__ import annotations

import socket
import sys
import threading
from contextlib import suppress
from random import Random

from tests.hostile.forgeries import forgeries

PATIENCE = 0.1  # seconds for an answer; a request that never ends gets none


def main(port: int, proof: str, connections: int) -> None:
    """Flood until standard input ends."""
    ended = threading.Event()
    counts = [0] * connections

    def run(number: int) -> None:
        lot, kinds = Random(number), list(forgeries(proof).values())
        while not ended.is_set():
            with suppress(OSError):
                send(port, lot.choice(kinds), waits=lot.random() < 0.9)
                counts[number] += 1

    threads = [threading.Thread(target=run, args=(number,)) for number in range(connections)]
    for thread in threads:
        thread.start()
    sys.stdin.read()
    ended.set()
    for thread in threads:
        thread.join()
    sys.stdout.write(f"{sum(counts)}\n")


def send(port: int, request: bytes, *, waits: bool, patience: float = PATIENCE) -> bytes:
    """Send one request and give what came before the answer ended."""
    with socket.create_connection(("127.0.0.1", port), timeout=patience) as connection:
        connection.sendall(request)
        return connection.recv(4096) if waits else b""


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2], int(sys.argv[3]))
