"""A Google that opens every channel, 50 ms after it was asked: a server in a process of its own.

    python -m tests.bench.sleepy_google PORT SECONDS

One thread for all connections: waiting costs it nothing, so that it holds nobody up.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from email.utils import formatdate

LATENCY = 0.05
LIFE = 7 * 24 * 3600


async def serve(port: int, lasting: float) -> None:
    """Answer until the time is up, or standard input ends."""
    server = await asyncio.start_server(_talk, "127.0.0.1", port)
    async with server:
        await asyncio.sleep(lasting)


async def _talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while True:
            head = await reader.readuntil(b"\r\n\r\n")
            body = await reader.readexactly(_length(head))
            await asyncio.sleep(LATENCY)
            writer.write(_answer(json.loads(body or b"{}")))
            await writer.drain()
    except (asyncio.IncompleteReadError, ConnectionError):
        writer.close()


def _length(head: bytes) -> int:
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            return int(line.partition(b":")[2])
    return 0


def _answer(asked: dict[str, str]) -> bytes:
    granted = {
        "kind": "api#channel",
        "id": asked.get("id", ""),
        "resourceId": "ret08u3rv24htgh289g",
        "resourceUri": "https://www.googleapis.com/drive/v3/changes?alt=json&pageToken=1",
        "expiration": str(int((time.time() + LIFE) * 1000)),
    }
    body = json.dumps(granted).encode()
    head = (
        "HTTP/1.1 200 OK\r\nContent-Type: application/json; charset=UTF-8\r\n"
        f"Date: {formatdate(usegmt=True)}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1]), float(sys.argv[2])))
