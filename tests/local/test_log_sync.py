"""What was committed is on the disk, once for all who wait for it."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from infra.local.log_sync import LogSync
from infra.local.queue.delivery import Message
from infra.local.queue.file import QueueFile
from infra.local.sqlite_queue import SqliteQueue
from infra.local.sqlite_store import SqliteStore
from tests.local.queue_rig import LEASE, POLICY, TOPIC, WORK

Disk = Callable[[int], None]


@pytest.fixture
def log(tmp_path: Path) -> LogSync:
    """The log of a database that has one."""
    (tmp_path / "a.db-wal").write_bytes(b"log")
    return LogSync(tmp_path / "a.db")


def use(monkeypatch: pytest.MonkeyPatch, disk: Disk) -> None:
    """Have this disk put files on itself."""
    monkeypatch.setattr(os, "fsync", disk)


def test_those_who_wait_together_are_served_together(
    log: LogSync, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Twenty commits while the disk is busy with one need one more turn of it."""
    turns: list[int] = []
    busy, go_on = threading.Event(), threading.Event()

    def disk(_: int) -> None:
        turns.append(1)
        busy.set()
        go_on.wait(5)

    use(monkeypatch, disk)
    first = threading.Thread(target=log.wait)
    first.start()
    assert busy.wait(5)
    rest = [threading.Thread(target=log.wait) for _ in range(20)]
    for thread in rest:
        thread.start()
    while log._asked < 21:
        pass
    go_on.set()
    for thread in (first, *rest):
        thread.join(5)
    assert len(turns) == 2


def test_who_comes_while_the_disk_is_busy_is_not_content_with_that(
    log: LogSync, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The turn under way may have begun before the commit."""
    busy, go_on = threading.Event(), threading.Event()
    turns: list[int] = []

    def disk(_: int) -> None:
        turns.append(1)
        busy.set()
        go_on.wait(5)

    use(monkeypatch, disk)
    first = threading.Thread(target=log.wait)
    second = threading.Thread(target=log.wait)
    first.start()
    assert busy.wait(5)
    second.start()
    while log._asked < 2:
        pass
    go_on.set()
    first.join(5)
    second.join(5)
    assert len(turns) == 2


def test_failing_disk_is_said_and_holds_up_nobody(
    log: LogSync, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever waits is told; the next one tries again."""

    def broken(_: int) -> None:
        raise OSError("no disk")

    use(monkeypatch, broken)
    with pytest.raises(OSError, match="no disk"):
        log.wait()
    use(monkeypatch, lambda _: None)
    log.wait()


def test_log_that_is_not_there_is_in_the_database(tmp_path: Path) -> None:
    """The last connection that closes puts it there."""
    LogSync(tmp_path / "b.db").wait()


def test_each_transaction_of_the_store_is_on_the_disk_when_it_returns(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One that was undone needs no disk."""
    store = SqliteStore(tmp_path / "a.db")
    turns: list[int] = []
    use(monkeypatch, turns.append)
    store.declare({}, revision="1")
    assert len(turns) == 1
    store.forget("nothing is known of it")
    assert len(turns) == 1
    with pytest.raises(RuntimeError), store._file.writing():
        raise RuntimeError
    assert len(turns) == 1
    store.close()


def test_what_is_published_is_on_the_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A job is confirmed to Google then; what is taken out needs no disk."""
    with closing(QueueFile(tmp_path / "a.db")) as file:
        queue = SqliteQueue(file)
        queue.subscribe(WORK, topic=TOPIC, policy=POLICY)
        turns: list[int] = []
        use(monkeypatch, turns.append)
        queue.publish(TOPIC, [Message(key="ana", data=b"job")])
        assert len(turns) == 1
        batch = queue.claim(WORK, lease=LEASE)
        assert batch is not None
        queue.ack(batch)
        assert len(turns) == 1
