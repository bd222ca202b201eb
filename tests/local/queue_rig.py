"""A local queue for tests, with a clock that is moved by hand and a journal that remembers."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import timedelta
from pathlib import Path

from infra.local.queue.dead_letters import DeadLetters
from infra.local.queue.delivery import Batch, Message, Policy
from infra.local.queue.file import QueueFile
from infra.local.sqlite_queue import SqliteQueue

TOPIC, WORK = "changes", "handle"
LEASE = timedelta(seconds=60)
POLICY = Policy(first=timedelta(seconds=10), longest=timedelta(seconds=30), attempts=4)
FOREVER = Policy(
    first=timedelta(milliseconds=20), longest=timedelta(milliseconds=100), attempts=None
)


class Hand:
    """Seconds since 1970, moved by hand."""

    def __init__(self) -> None:
        self.seconds = 1_800_000_000.0

    def __call__(self) -> float:
        return self.seconds


class Notes:
    """A journal that remembers what it is told."""

    def __init__(self) -> None:
        self.lines: list[tuple[str, dict[str, object]]] = []
        self._changed = threading.Condition()

    def note(self, decision: str, /, **facts: object) -> None:
        with self._changed:
            self.lines.append((decision, facts))
            self._changed.notify_all()

    warn = note

    def wait_for(self, decision: str) -> dict[str, object]:
        """Wait for a line, and give its facts."""
        with self._changed:
            assert self._changed.wait_for(lambda: decision in dict(self.lines), 10), self.lines
            return dict(self.lines)[decision]


class Rig:
    """The queue, its dead letters, and short ways to use both."""

    def __init__(self, path: Path) -> None:
        self.clock = Hand()
        self.file = QueueFile(path)
        self.queue = SqliteQueue(self.file, clock=self.clock)
        self.dead = DeadLetters(self.file, clock=self.clock)
        self.queue.subscribe(WORK, topic=TOPIC, policy=POLICY)

    def publish(self, *texts: str, key: str = "ana") -> None:
        """Publish messages of one key."""
        self.queue.publish(TOPIC, [Message(key=key, data=text.encode()) for text in texts])

    def claim(self, most: int = 1) -> Batch | None:
        """Take what is due."""
        return self.queue.claim(WORK, lease=LEASE, most=most)

    def take(self, most: int = 1) -> Batch:
        """Take what is due, which is something."""
        batch = self.claim(most)
        assert batch is not None
        return batch

    def close(self) -> None:
        """Close the file."""
        self.file.close()


def texts(batch: Batch | None) -> list[str]:
    """Give what a batch holds."""
    return [message.data.decode() for message in batch.messages] if batch else []


@contextmanager
def opened(path: Path) -> Iterator[Rig]:
    """Open a rig for the length of the block."""
    with closing(Rig(path)) as rig:
        yield rig
