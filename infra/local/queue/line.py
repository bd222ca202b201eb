"""A line: all that waits under one key of a subscription. Each function runs in a transaction."""

from __future__ import annotations

import sqlite3

from infra.local.queue.delivery import Batch


def held(database: sqlite3.Connection, batch: Batch) -> dict[str, int]:
    """Give the lines that the batch still holds, with their attempts.

    One that took longer than its lease has lost it: another may have the same messages in hand.
    """
    attempts: dict[str, int] = {}
    for key in batch.keys:
        row = database.execute(
            "SELECT attempts FROM queue_line WHERE subscription = ? AND line = ? AND claim = ?",
            (batch.subscription, key, batch.claim),
        ).fetchone()
        if row:
            attempts[key] = row[0]
    return attempts


def put_back(
    database: sqlite3.Connection, subscription: str, line: str, *, attempts: int, due_at: float
) -> None:
    """Let the line's head be delivered from `due_at` on."""
    database.execute(
        "UPDATE queue_line SET claim = NULL, attempts = ?, due_at = ?"
        " WHERE subscription = ? AND line = ?",
        (attempts, due_at, subscription, line),
    )


def advance(database: sqlite3.Connection, subscription: str, line: str, *, now: float) -> None:
    """Bring the next message to the head of the line, at the end of all lines; none: it goes."""
    waiting = database.execute(
        "SELECT 1 FROM queue_message WHERE subscription = ? AND line = ? LIMIT 1",
        (subscription, line),
    ).fetchone()
    if waiting:
        put_back(database, subscription, line, attempts=0, due_at=now)
    else:
        database.execute(
            "DELETE FROM queue_line WHERE subscription = ? AND line = ?", (subscription, line)
        )


def enqueue(
    database: sqlite3.Connection,
    subscription: str,
    messages: list[tuple[str, str, bytes]],
    *,
    now: float,
) -> int:
    """Add messages (key, attributes as JSON, data) for one subscription; give how many lines."""
    database.executemany(
        "INSERT INTO queue_message (subscription, line, published_at, attributes, data)"
        " VALUES (?, ?, ?, ?, ?)",
        ((subscription, key, now, attributes, data) for key, attributes, data in messages),
    )
    lines = {key for key, _, _ in messages}
    database.executemany(
        "INSERT OR IGNORE INTO queue_line (subscription, line, due_at) VALUES (?, ?, ?)",
        ((subscription, line, now) for line in lines),
    )
    return len(lines)
