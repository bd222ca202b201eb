"""The SQLite queue keeps the contracts of the ports, and its own promises."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from infra.local.dispatcher import Dispatcher, Lane
from infra.local.push import Push
from infra.local.queue.delivery import Policy
from infra.local.queue.file import QueueFile
from infra.local.queues import CHANGES, NOTIFICATIONS, LocalChanges, LocalJobs
from infra.local.sqlite_queue import SqliteQueue
from tests.contracts.queues import ChangesContract, JobsContract

QUICK = Policy(first=timedelta(milliseconds=20), longest=timedelta(milliseconds=100), attempts=None)


class Notes:
    """A journal that keeps what it is told."""

    def __init__(self) -> None:
        self.lines: list[tuple[str, dict[str, object]]] = []

    def note(self, decision: str, /, **facts: object) -> None:
        self.lines.append((decision, facts))

    warn = note


class LocalRig:
    """The local queue, pushed by dispatchers."""

    def __init__(self, path: Path) -> None:
        self._file = QueueFile(path)
        self._queue = SqliteQueue(self._file)
        self.jobs = LocalJobs(self._queue)
        self.changes = LocalChanges(self._queue)
        self._dispatchers: list[Dispatcher] = []
        self._pushes: list[Push] = []

    def push_jobs(self, url: str) -> None:
        self._push(NOTIFICATIONS, url)

    def push_changes(self, url: str) -> None:
        self._push(CHANGES, url)

    def close(self) -> None:
        for dispatcher in self._dispatchers:
            dispatcher.stop()
        for push in self._pushes:
            push.close()
        self._file.close()

    def _push(self, topic: str, url: str) -> None:
        self._queue.subscribe(f"{topic}-push", topic=topic, policy=QUICK)
        push = Push(url, timeout=timedelta(seconds=10), connections=4)
        lane = Lane(subscription=f"{topic}-push", deliver=push, workers=4)
        dispatcher = Dispatcher(self._queue, [lane], journal=Notes())
        self._pushes.append(push)
        self._dispatchers.append(dispatcher)
        dispatcher.start()


class _OnSqlite:
    @pytest.fixture
    def rig(self, tmp_path: Path) -> Iterator[LocalRig]:
        """Give a queue of one machine."""
        with closing(LocalRig(tmp_path / "queue.db")) as rig:
            yield rig


class TestJobs(_OnSqlite, JobsContract):
    pass


class TestChanges(_OnSqlite, ChangesContract):
    pass
