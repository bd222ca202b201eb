"""The queue's file stays small: old dead letters go, and what is free is given back."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from functions.domain.errors import Unavailable
from infra.local.queue.delivery import Message
from infra.local.queue.upkeep import DEAD_ARE_KEPT, SPARE
from infra.local.sqlite_queue import SqliteQueue
from infra.machine.wiring import MachineWiring, Place
from tests.local.queue_rig import TOPIC, Rig, opened

DAY = 86_400.0
LARGE = b"x" * 10_000


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Rig]:
    """Give a queue with one subscription."""
    with opened(tmp_path / "queue.db") as rig:
        yield rig


def bury(rig: Rig, text: str) -> int:
    """Let a message fail until it is given up; gives the number of its dead letter."""
    rig.publish(text)
    while not rig.queue.nack(rig.take(), error="no"):
        rig.clock.seconds += 60
    return rig.dead.list()[-1].id


def fill(rig: Rig, count: int) -> None:
    """Publish much, and take it all."""
    rig.queue.publish(TOPIC, [Message(key=f"k{n}", data=LARGE) for n in range(count)])
    for _ in range(count // 100):
        rig.queue.ack(rig.take(most=100))


def size(path: Path) -> int:
    """Give the size of the file, its log in it."""
    with closing(sqlite3.connect(path)) as database:
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    return path.stat().st_size


def test_dead_letters_are_kept_for_a_month(rig: Rig) -> None:
    """One that died more than 30 days ago goes, a later one stays; how many went is told."""
    bury(rig, "old")
    rig.clock.seconds += 2 * DAY
    later = bury(rig, "later")
    rig.clock.seconds += DEAD_ARE_KEPT.total_seconds() - DAY
    assert rig.queue.sweep() == 1
    assert [letter.id for letter in rig.dead.list()] == [later]
    assert rig.queue.sweep() == 0


def test_what_waits_is_never_swept(rig: Rig) -> None:
    """However old, a message that was not delivered stays."""
    rig.publish("waiting")
    rig.clock.seconds += 400 * DAY
    rig.queue.sweep()
    assert [each.data for each in rig.take().messages] == [b"waiting"]


def test_kept_changes_go_without_a_publish(rig: Rig) -> None:
    """What a topic keeps for a week is gone after it, also when nothing more is published."""
    queue = SqliteQueue(rig.file, clock=rig.clock, kept={TOPIC: timedelta(days=7)})
    queue.publish(TOPIC, [Message(key="ana", data=b"a")])
    rig.clock.seconds += 6 * DAY
    queue.sweep()
    assert len(list(queue.retained(TOPIC, "ana", since=0.0))) == 1
    rig.clock.seconds += 2 * DAY
    queue.sweep()
    assert list(queue.retained(TOPIC, "ana", since=0.0)) == []


def test_the_file_shrinks_after_a_burst(rig: Rig, tmp_path: Path) -> None:
    """What a burst took is given back, but for some pages to spare."""
    fill(rig, 600)
    large = size(tmp_path / "queue.db")
    assert large > 6_000_000
    rig.queue.sweep()
    assert size(tmp_path / "queue.db") < (SPARE + 64) * 4096
    rig.publish("works")
    assert [each.data for each in rig.take().messages] == [b"works"]


def test_a_file_of_an_earlier_version_shrinks_too(tmp_path: Path) -> None:
    """It was made without the means to; the first sweep gives it them, and loses nothing."""
    path = tmp_path / "queue.db"
    with closing(sqlite3.connect(path)) as database:
        database.execute("PRAGMA journal_mode = WAL")
        database.execute("CREATE TABLE other (a)")
        database.execute("DROP TABLE other")
        database.commit()
    with opened(path) as rig:
        fill(rig, 600)
        rig.queue.sweep()
        assert size(path) < (SPARE + 64) * 4096
        fill(rig, 600)
        rig.publish("stays")
        rig.queue.sweep()
        assert size(path) < (SPARE + 64) * 4096
        assert [each.data for each in rig.take().messages] == [b"stays"]


def test_serve_sweeps_its_queue(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The hourly sweep of one machine is of the queue, too; a locked file is no end of it."""
    monkeypatch.delenv("PUBSUB_EMULATOR_HOST", raising=False)
    wiring = MachineWiring(Place(store=f"sqlite:{tmp_path / 'w.db'}"))
    swept: list[SqliteQueue] = []

    def sweep(queue: SqliteQueue) -> int:
        swept.append(queue)
        raise Unavailable("held by another process")

    monkeypatch.setattr(SqliteQueue, "sweep", sweep)
    wiring.sweep()
    assert swept == [wiring.queue]
