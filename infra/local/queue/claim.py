"""Chooses what a subscription gets next and takes it in hand. Runs in a transaction."""

from __future__ import annotations

import secrets
import sqlite3
from collections.abc import Sequence
from datetime import UTC, datetime

from infra.local.queue.attributes import read_attributes
from infra.local.queue.dead_letters import bury
from infra.local.queue.delivery import Batch, Delivery
from infra.local.queue.subscription import policy_of

LARGEST_BATCH = 16_000_000  # bytes of data; one message may be larger

_FIELDS = "m.id, m.line, m.published_at, m.attributes, m.data"
_HEAD = f"""
SELECT {_FIELDS} FROM queue_message m WHERE m.subscription = :subscription AND m.line = (
    SELECT line FROM queue_line WHERE subscription = :subscription AND due_at <= :now
    ORDER BY due_at LIMIT 1
) ORDER BY m.id LIMIT 1
"""
_RUN = f"""
SELECT {_FIELDS} FROM queue_message m INDEXED BY queue_message_order
CROSS JOIN queue_line l ON l.subscription = m.subscription AND l.line = m.line
WHERE m.subscription = :subscription AND l.due_at <= :now ORDER BY m.id LIMIT :most
"""


def choose(
    database: sqlite3.Connection, subscription: str, *, now: float, most: int
) -> list[Delivery]:
    """Give the head of the line that is due longest, or what is due in the order it came."""
    rows = database.execute(
        _HEAD if most == 1 else _RUN, {"subscription": subscription, "now": now, "most": most}
    )
    chosen: list[Delivery] = []
    size = 0
    for number, line, published_at, attributes, data in rows:
        size += len(data)
        if chosen and size > LARGEST_BATCH:
            break
        delivery = Delivery(
            id=number,
            key=line,
            data=data,
            attributes=read_attributes(attributes),
            published_at=datetime.fromtimestamp(published_at, UTC),
        )
        chosen.append(delivery)
    return chosen


def take(
    database: sqlite3.Connection,
    subscription: str,
    chosen: Sequence[Delivery],
    *,
    now: float,
    until: float,
) -> Batch | None:
    """Claim the lines of what was chosen; None if some of it has been tried too often.

    Those whose last try never ended (a crash, a lease that ran out) are found only here.
    """
    lines = list(dict.fromkeys(delivery.key for delivery in chosen))
    attempts = {line: _attempts(database, subscription, line) for line in lines}
    policy = policy_of(database, subscription)
    exhausted = [line for line in lines if policy and policy.is_spent(attempts[line])]
    for line in exhausted:
        bury(database, subscription, line, error="the last try never ended", now=now)
    if exhausted:
        return None
    claim = secrets.token_hex(8)
    database.executemany(
        "UPDATE queue_line SET claim = ?, due_at = ?, attempts = attempts + 1"
        " WHERE subscription = ? AND line = ?",
        ((claim, until, subscription, line) for line in lines),
    )
    return Batch(
        subscription=subscription,
        claim=claim,
        attempt=max(attempts.values()) + 1,
        messages=tuple(chosen),
    )


def _attempts(database: sqlite3.Connection, subscription: str, line: str) -> int:
    (attempts,) = database.execute(
        "SELECT attempts FROM queue_line WHERE subscription = ? AND line = ?", (subscription, line)
    ).fetchone()
    return int(attempts)
