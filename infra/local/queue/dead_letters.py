"""Messages that were given up: kept with their error until somebody repeats or drops them."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Collection, Sequence
from datetime import UTC, datetime
from typing import Any

from functions.domain.errors import LONGEST_TEXT
from infra.local.queue.attributes import read_attributes
from infra.local.queue.delivery import DeadLetter
from infra.local.queue.file import QueueFile
from infra.local.queue.line import advance, enqueue

_LISTED = "id, subscription, line, published_at, died_at, attempts, error, length(data)"


def bury(
    database: sqlite3.Connection, subscription: str, line: str, *, error: str, now: float
) -> None:
    """Move the head of a line to the dead letters; the next message takes its place."""
    head, attempts = database.execute(
        "SELECT m.id, l.attempts FROM queue_message m JOIN queue_line l USING (subscription, line)"
        " WHERE m.subscription = ? AND m.line = ? ORDER BY m.id LIMIT 1",
        (subscription, line),
    ).fetchone()
    database.execute(
        "INSERT INTO queue_dead_letter"
        " (subscription, line, published_at, died_at, attempts, error, attributes, data)"
        " SELECT subscription, line, published_at, ?, ?, ?, attributes, data"
        " FROM queue_message WHERE id = ?",
        (now, attempts, error[:LONGEST_TEXT], head),
    )
    database.execute("DELETE FROM queue_message WHERE id = ?", (head,))
    advance(database, subscription, line, now=now)


class DeadLetters:
    """What a person may do with dead letters, also while `serve` runs in another process."""

    def __init__(self, file: QueueFile, *, clock: Callable[[], float] = time.time) -> None:
        self._file = file
        self._clock = clock

    def list(
        self, *, subscription: str | None = None, after: int = 0, limit: int = 100
    ) -> Sequence[DeadLetter]:
        """Give dead letters without their data, oldest first, those after the id `after`."""
        with self._file.read() as database:
            rows = database.execute(
                f"SELECT {_LISTED} FROM queue_dead_letter"
                " WHERE id > ? AND (? IS NULL OR subscription = ?) ORDER BY id LIMIT ?",
                (after, subscription, subscription, limit),
            ).fetchall()
        return [_letter(row) for row in rows]

    def show(self, letter: int) -> DeadLetter | None:
        """Give one dead letter with its data."""
        with self._file.read() as database:
            row = database.execute(
                f"SELECT {_LISTED}, attributes, data FROM queue_dead_letter WHERE id = ?",
                (letter,),
            ).fetchone()
        return _letter(row) if row else None

    def retry(self, letters: Collection[int]) -> int:
        """Queue dead letters once more, at the end of their lines; gives how many.

        One whose subscription is gone stays.
        """
        moved = 0
        with self._file.write(durable=True) as database:
            for letter in sorted(letters):
                row = database.execute(
                    "SELECT subscription, line, attributes, data FROM queue_dead_letter d"
                    " JOIN queue_subscription s ON s.name = d.subscription WHERE id = ?",
                    (letter,),
                ).fetchone()
                if row:
                    enqueue(database, row[0], [row[1:]], now=self._clock())
                    moved += _delete(database, letter)
        return moved

    def drop(self, letters: Collection[int]) -> int:
        """Forget dead letters; gives how many."""
        with self._file.write() as database:
            return sum(_delete(database, letter) for letter in letters)


def _delete(database: sqlite3.Connection, letter: int) -> int:
    return database.execute("DELETE FROM queue_dead_letter WHERE id = ?", (letter,)).rowcount


def _letter(row: tuple[Any, ...]) -> DeadLetter:
    number, subscription, line, published_at, died_at, attempts, error, size, *content = row
    attributes, data = content or ("{}", b"")
    return DeadLetter(
        id=number,
        subscription=subscription,
        key=line,
        published_at=datetime.fromtimestamp(published_at, UTC),
        died_at=datetime.fromtimestamp(died_at, UTC),
        attempts=attempts,
        error=error,
        size=size,
        data=data,
        attributes=read_attributes(attributes),
    )
