"""A durable queue in a SQLite file: topics, subscriptions, order by key, repetition, dead letters.

It promises what Pub/Sub does with message ordering: what a topic gets is kept for each subscription
that it has at that moment, and of one key, one message at a time is in hand.
https://docs.cloud.google.com/pubsub/docs/ordering
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta

from infra.local.queue.attributes import write_attributes
from infra.local.queue.bell import Bell
from infra.local.queue.claim import choose, take
from infra.local.queue.dead_letters import bury
from infra.local.queue.delivery import Backlog, Batch, Delivery, Message, Policy
from infra.local.queue.file import QueueFile
from infra.local.queue.line import advance, enqueue, held, put_back
from infra.local.queue.retained import retain_messages, retained_page
from infra.local.queue.subscription import (
    policy_of,
    retain,
    subscribe,
    subscriptions_of,
    unsubscribe,
)
from infra.local.queue.upkeep import sweep

_BACKLOGS = """
SELECT name, topic,
    (SELECT count(*) FROM queue_message WHERE subscription = name),
    (SELECT published_at FROM queue_message WHERE subscription = name ORDER BY id LIMIT 1),
    (SELECT count(*) FROM queue_dead_letter WHERE subscription = name)
FROM queue_subscription ORDER BY name
"""


class SqliteQueue:
    """The queue; threads may share it, and one process at a time claims from it.

    All its methods raise `Unavailable` when the file fails.

    Args:
        file: where everything is kept.
        clock: gives the time in seconds since 1970.
        kept: topics that keep what they get, and for how long.
    """

    def __init__(
        self,
        file: QueueFile,
        *,
        clock: Callable[[], float] = time.time,
        kept: Mapping[str, timedelta] | None = None,
    ) -> None:
        self._file = file
        self._kept = kept or {}
        self._clock = clock
        self._bells: dict[str, Bell] = {}

    def subscribe(self, name: str, *, topic: str, policy: Policy) -> None:
        """Keep from now on for `name` what `topic` gets; a known name takes the new policy."""
        with self._file.write(durable=True) as database:
            subscribe(database, name, topic=topic, policy=policy)

    def retain(self, names: Collection[str]) -> None:
        """End all other subscriptions: what waits for them goes, their dead letters stay."""
        with self._file.write(durable=True) as database:
            retain(database, names)

    def unsubscribe(self, name: str) -> None:
        """End a subscription: what waits for it goes, its dead letters stay."""
        with self._file.write(durable=True) as database:
            unsubscribe(database, name)

    def recover(self) -> None:
        """Start anew: what a process that is gone had in hand is free, and back-offs are over.

        How often a message was tried is not forgotten.
        """
        with self._file.write() as database:
            database.execute(
                "UPDATE queue_line SET claim = NULL, due_at = :now"
                " WHERE claim IS NOT NULL OR due_at > :now",
                {"now": self._clock()},
            )

    def publish(self, topic: str, messages: Sequence[Message]) -> None:
        """Keep messages for each subscription of the topic: all of them, on the disk, or none."""
        rows = [(m.key, write_attributes(m.attributes), m.data) for m in messages]
        if not rows:
            return
        with self._file.write(durable=True) as database:
            lines = {
                name: enqueue(database, name, rows, now=self._clock())
                for name in subscriptions_of(database, topic)
            }
            if topic in self._kept:
                keep = self._kept[topic].total_seconds()
                retain_messages(database, topic, rows, now=self._clock(), keep=keep)
        for name, count in lines.items():
            self.bell(name).ring(count)

    def put(self, subscription: str, messages: Sequence[Message]) -> None:
        """Keep messages for one subscription alone, and not for a replay."""
        rows = [(m.key, write_attributes(m.attributes), m.data) for m in messages]
        with self._file.write(durable=True) as database:
            count = enqueue(database, subscription, rows, now=self._clock())
        self.bell(subscription).ring(count)

    def retained(self, topic: str, key: str, *, since: float) -> Iterator[Delivery]:
        """Give what a topic keeps under a key since a time, in the order of publication."""
        last = 0
        while True:
            with self._file.read() as database:
                page = retained_page(database, topic, key, since=since, after=last)
            yield from page
            if not page:
                return
            last = page[-1].id

    def claim(self, subscription: str, *, lease: timedelta, most: int = 1) -> Batch | None:
        """Take what is next in hand: one message, or up to `most` in the order of publication.

        What is neither acknowledged nor refused when the lease ends is delivered again.
        """
        now = self._clock()
        due = self.due_at(subscription)
        if due is None or due > now:
            return None
        until = now + lease.total_seconds()
        with self._file.write() as database:
            while chosen := choose(database, subscription, now=now, most=most):
                batch = take(database, subscription, chosen, now=now, until=until)
                if batch:
                    return batch
        return None

    def ack(self, batch: Batch) -> bool:
        """Note that all of the batch is done; False if some was lost to its lease meanwhile."""
        with self._file.write() as database:
            lines = held(database, batch)
            done = [(message.id,) for message in batch.messages if message.key in lines]
            database.executemany("DELETE FROM queue_message WHERE id = ?", done)
            for line in lines:
                advance(database, batch.subscription, line, now=self._clock())
        return len(lines) == len(batch.keys)

    def nack(self, batch: Batch, *, error: str) -> int:
        """Note that the batch failed: it is repeated later; gives how many became dead letters."""
        now = self._clock()
        with self._file.write() as database:
            policy = policy_of(database, batch.subscription)
            if policy is None:
                return 0  # the subscription has ended meanwhile, and its messages with it
            lines = held(database, batch)
            dead = [line for line, tries in lines.items() if policy.is_spent(tries)]
            for line in dead:
                bury(database, batch.subscription, line, error=error, now=now)
            for line in lines.keys() - dead:
                due_at = now + policy.delay(lines[line]).total_seconds()
                put_back(database, batch.subscription, line, attempts=lines[line], due_at=due_at)
        return len(dead)

    def release(self, batch: Batch) -> None:
        """Give the batch back untried, to be delivered at once."""
        with self._file.write() as database:
            for line, attempts in held(database, batch).items():
                put_back(
                    database,
                    batch.subscription,
                    line,
                    attempts=attempts - 1,
                    due_at=self._clock(),
                )
        self.bell(batch.subscription).ring(len(batch.keys))

    def sweep(self) -> int:
        """Delete what has been kept long enough; gives how many dead letters that were."""
        return sweep(self._file, kept=self._kept, now=self._clock())

    def now(self) -> float:
        """Give the time as the queue knows it, in seconds since 1970."""
        return self._clock()

    def due_at(self, subscription: str) -> float | None:
        """Give when something is to be delivered next, in seconds since 1970; None: nothing is."""
        with self._file.read() as database:
            (due_at,) = database.execute(
                "SELECT min(due_at) FROM queue_line WHERE subscription = ?", (subscription,)
            ).fetchone()
        return None if due_at is None else float(due_at)

    def backlogs(self) -> Sequence[Backlog]:
        """Give what waits for each subscription."""
        with self._file.read() as database:
            rows = database.execute(_BACKLOGS).fetchall()
        return [
            Backlog(
                subscription=name,
                topic=topic,
                waiting=waiting,
                oldest=None if oldest is None else datetime.fromtimestamp(oldest, UTC),
                dead=dead,
            )
            for name, topic, waiting, oldest, dead in rows
        ]

    def bell(self, subscription: str) -> Bell:
        """Give what rings when there is news for the subscription in this process."""
        return self._bells.setdefault(subscription, Bell())
