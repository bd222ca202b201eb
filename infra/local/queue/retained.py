"""What a topic keeps for a while, whether anybody is subscribed or not: for a replay.

Runs in a transaction. https://docs.cloud.google.com/pubsub/docs/topic-message-retention
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime

from infra.local.queue.attributes import read_attributes
from infra.local.queue.delivery import Delivery

_PAGE = 200


def retain_messages(
    database: sqlite3.Connection,
    topic: str,
    messages: list[tuple[str, str, bytes]],
    *,
    now: float,
    keep: float,
) -> None:
    """Keep messages (key, attributes as JSON, data), and drop those older than `keep` seconds."""
    database.executemany(
        "INSERT INTO queue_retained (topic, line, published_at, attributes, data)"
        " VALUES (?, ?, ?, ?, ?)",
        ((topic, key, now, attributes, data) for key, attributes, data in messages),
    )
    database.execute(
        "DELETE FROM queue_retained WHERE topic = ? AND published_at < ?", (topic, now - keep)
    )


def retained_page(
    database: sqlite3.Connection, topic: str, line: str, *, since: float, after: int
) -> list[Delivery]:
    """Give what is kept of a line since a time, in order, some at once."""
    rows = database.execute(
        "SELECT id, line, published_at, attributes, data FROM queue_retained"
        " WHERE topic = ? AND line = ? AND published_at >= ? AND id > ? ORDER BY id LIMIT ?",
        (topic, line, since, after, _PAGE),
    )
    return list(_deliveries(rows))


def _deliveries(rows: sqlite3.Cursor) -> Iterator[Delivery]:
    for number, line, published_at, attributes, data in rows:
        yield Delivery(
            id=number,
            key=line,
            data=data,
            attributes=read_attributes(attributes),
            published_at=datetime.fromtimestamp(published_at, UTC),
        )
