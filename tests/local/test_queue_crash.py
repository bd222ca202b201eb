"""A kill -9 in the middle of the work loses nothing that was published."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from contextlib import closing
from datetime import timedelta
from pathlib import Path

from infra.local.queue.file import QueueFile
from infra.local.sqlite_queue import SqliteQueue

KEYS = 4
ROUNDS = 4

# Publishes numbers from the given one on, tells of each that was taken, and delivers side by side.
_WORK = """
import os, sys
from datetime import timedelta
from infra.local.dispatcher import Dispatcher, Lane
from infra.local.queue.delivery import Message, Policy
from infra.local.queue.file import QueueFile
from infra.local.sqlite_queue import SqliteQueue

path, delivered, start, keys = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
queue = SqliteQueue(QueueFile(path))
policy = Policy(first=timedelta(0), longest=timedelta(0), attempts=None)
queue.subscribe("handle", topic="changes", policy=policy)
queue.recover()
out = os.open(delivered, os.O_WRONLY | os.O_APPEND | os.O_CREAT)


class Silent:
    def note(self, *_, **__): ...
    warn = note


def deliver(batch):
    os.write(out, batch.messages[0].data + b"\\n")


lane = Lane(subscription="handle", deliver=deliver, workers=3)
Dispatcher(queue, [lane], journal=Silent()).start()
number = start
while True:
    numbers = range(number, number + 5)
    queue.publish("changes", [Message(key=f"k{n % keys}", data=b"%d" % n) for n in numbers])
    number += 5
    os.write(1, b"%d\\n" % (number - 1))
"""


def test_a_kill_loses_nothing(tmp_path: Path) -> None:
    """Killed again and again, all that was confirmed arrives, each key in its order."""
    queue, delivered = tmp_path / "queue.db", tmp_path / "delivered"
    last = -1
    for number in range(ROUNDS):
        arguments = [str(queue), str(delivered), str(last + 1), str(KEYS)]
        process = subprocess.Popen(
            [sys.executable, "-c", _WORK, *arguments], stdout=subprocess.PIPE
        )
        assert process.stdout
        with process:
            last = int(process.stdout.readline())
            time.sleep(0.05 + 0.037 * number)
            os.kill(process.pid, signal.SIGKILL)
            confirmed = process.stdout.read().split()
        last = max([last, *map(int, confirmed)])
    with closing(QueueFile(queue)) as file:
        rest = _rest(SqliteQueue(file))
    arrived = [int(line) for line in delivered.read_text().split()] + rest
    first = list(dict.fromkeys(arrived))
    assert set(range(last + 1)) <= set(first)
    for key in range(KEYS):
        line = [number for number in first if number % KEYS == key]
        assert line == sorted(line)


def _rest(queue: SqliteQueue) -> list[int]:
    queue.recover()
    numbers = []
    while batch := queue.claim("handle", lease=timedelta(seconds=60), most=100):
        numbers += [int(message.data) for message in batch.messages]
        queue.ack(batch)
    return numbers
