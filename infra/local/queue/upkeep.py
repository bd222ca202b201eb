"""Keeps the queue's file small: lets go of old dead letters, and gives free pages to the system."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from datetime import timedelta

from infra.local.queue.file import QueueFile

DEAD_ARE_KEPT = timedelta(days=30)
SPARE = 256  # free pages that stay: a queue that fills and empties would give and take them
_AT_ONCE = 1024  # pages, of 4 KiB: whoever publishes waits no longer than that takes
_STEPS = 256
_INCREMENTAL = 2  # https://www.sqlite.org/pragma.html#pragma_auto_vacuum


def sweep(file: QueueFile, *, kept: Mapping[str, timedelta], now: float) -> int:
    """Delete what has been kept long enough; give how many dead letters that were.

    Raises:
        Unavailable: the file fails, or another process holds it.
    """
    with file.write() as database:
        for topic, length in kept.items():
            database.execute(
                "DELETE FROM queue_retained WHERE topic = ? AND published_at < ?",
                (topic, now - length.total_seconds()),
            )
        dropped = database.execute(
            "DELETE FROM queue_dead_letter WHERE died_at < ?",
            (now - DEAD_ARE_KEPT.total_seconds(),),
        ).rowcount
    _shrink(file)
    return int(dropped)


def _shrink(file: QueueFile) -> None:
    with file.read() as database:
        if _number(database, "PRAGMA auto_vacuum") != _INCREMENTAL:
            # Of a file that an earlier version made: written anew, once.
            database.execute(f"PRAGMA auto_vacuum = {_INCREMENTAL}")
            database.execute("VACUUM")
    for _ in range(_STEPS):
        with file.read() as database:
            spare = _number(database, "PRAGMA freelist_count") - SPARE
            if spare <= 0:
                break
            # Each step frees one page, and gives a row without columns, of which `execute` takes
            # one; a script is run to its end.
            database.executescript(f"PRAGMA incremental_vacuum({min(spare, _AT_ONCE)})")
    with file.read() as database:
        database.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()


def _number(database: sqlite3.Connection, pragma: str) -> int:
    return int(database.execute(pragma).fetchone()[0])
