"""Store and queue are for one pair of eyes: they hold what changed, and what is to be delivered."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from infra.local.queue.delivery import Message
from infra.local.queue.file import QueueFile
from infra.local.sqlite_operating import SqliteOperating
from infra.local.sqlite_queue import SqliteQueue
from infra.local.sqlite_store import SqliteStore
from tests.contracts.store_examples import becomes, progress
from tests.local.queue_rig import FOREVER, TOPIC, WORK


@pytest.fixture(autouse=True)
def _generous() -> Iterator[None]:
    """Let files be made readable by all, as they are for most users."""
    before = os.umask(0o022)
    yield
    os.umask(before)


def modes(folder: Path) -> dict[str, str]:
    """Give the mode of each file."""
    return {path.name: oct(path.stat().st_mode & 0o777) for path in folder.iterdir()}


def fill(path: Path) -> None:
    """Make a store with a write-ahead log, and look at its files while it is open."""
    with closing(SqliteStore(path)) as store:
        store.change("ana", becomes(progress("ana")))
        assert set(modes(path.parent).values()) == {"0o600"}
        assert len(modes(path.parent)) == 3


def queue(path: Path) -> None:
    """The same with a queue."""
    with closing(QueueFile(path)) as file:
        there = SqliteQueue(file)
        there.subscribe(WORK, topic=TOPIC, policy=FOREVER)
        there.publish(TOPIC, [Message(key="ana", data=b"x")])
        assert set(modes(path.parent).values()) == {"0o600"}
        assert len(modes(path.parent)) == 3


def operate(path: Path) -> None:
    """The same by a command that declares before anything was served."""
    with closing(SqliteOperating(path)) as store:
        store.amend(lambda _: {}, revision="r1")
        assert set(modes(path.parent).values()) == {"0o600"}


@pytest.mark.parametrize("make", [fill, queue, operate])
def test_nobody_else_may_read_it(tmp_path: Path, make: Callable[[Path], None]) -> None:
    """The file, its log and the log's index, at each moment and afterwards."""
    make(tmp_path / "w.db")
    assert set(modes(tmp_path).values()) == {"0o600"}


def test_what_an_operator_allowed_stays_allowed(tmp_path: Path) -> None:
    """A mode that somebody set on purpose, for a group, is kept."""
    path = tmp_path / "w.db"
    SqliteStore(path).close()
    path.chmod(0o640)
    SqliteStore(path).close()
    assert modes(tmp_path) == {"w.db": "0o640"}
