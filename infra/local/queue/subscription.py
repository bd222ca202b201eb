"""The subscriptions of the local queue: who gets what, and how patiently. Runs in a transaction."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection
from datetime import timedelta

from infra.local.queue.delivery import Policy


def subscribe(database: sqlite3.Connection, name: str, *, topic: str, policy: Policy) -> None:
    """Add a subscription, or change what is known of it."""
    times = policy.first.total_seconds(), policy.longest.total_seconds()
    database.execute(
        "INSERT OR REPLACE INTO queue_subscription (name, topic, first, longest, attempts)"
        " VALUES (?, ?, ?, ?, ?)",
        (name, topic, *times, policy.attempts),
    )


def retain(database: sqlite3.Connection, names: Collection[str]) -> None:
    """End all other subscriptions; their dead letters stay."""
    known = [name for (name,) in database.execute("SELECT name FROM queue_subscription")]
    for name in set(known) - set(names):
        unsubscribe(database, name)


def unsubscribe(database: sqlite3.Connection, name: str) -> None:
    """End a subscription, and what waits for it; its dead letters stay."""
    database.execute("DELETE FROM queue_subscription WHERE name = ?", (name,))
    database.execute("DELETE FROM queue_line WHERE subscription = ?", (name,))
    database.execute("DELETE FROM queue_message WHERE subscription = ?", (name,))


def subscriptions_of(database: sqlite3.Connection, topic: str) -> list[str]:
    """Give the names of a topic's subscriptions."""
    rows = database.execute("SELECT name FROM queue_subscription WHERE topic = ?", (topic,))
    return [name for (name,) in rows]


def policy_of(database: sqlite3.Connection, name: str) -> Policy | None:
    """Give how failed deliveries are repeated; None if there is no such subscription any more."""
    row = database.execute(
        "SELECT first, longest, attempts FROM queue_subscription WHERE name = ?", (name,)
    ).fetchone()
    if row is None:
        return None
    first, longest, attempts = row
    return Policy(
        first=timedelta(seconds=first), longest=timedelta(seconds=longest), attempts=attempts
    )
