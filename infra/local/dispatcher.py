"""Delivers what the local queue holds: threads that claim, deliver and settle."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import timedelta

from functions.domain.errors import Trouble, Unavailable
from functions.ports import Journal
from infra.local.queue.delivery import Batch
from infra.local.sqlite_queue import SqliteQueue

_SOONEST = 0.01  # seconds between two looks at what is not due yet
_AFTER_TROUBLE = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Lane:
    """How one subscription is served.

    `deliver` returns when the batch is done and raises when it is not; what it raises is kept with
    a dead letter and logged, so it names no secret. The lease is longer than it can take.
    """

    subscription: str
    deliver: Callable[[Batch], None]
    workers: int = 1
    most: int = 1  # messages at a time
    lease: timedelta = timedelta(minutes=10)


class Dispatcher:
    """Serves lanes until it is stopped.

    Args:
        queue: whose messages; nobody else claims from it.
        lanes: whom they are for.
        journal: is told of every failure.
        poll: how long an idle worker waits for a bell before it looks by itself: messages that
            another process queues ring none.
    """

    def __init__(
        self,
        queue: SqliteQueue,
        lanes: Iterable[Lane],
        *,
        journal: Journal,
        poll: timedelta = timedelta(seconds=1),
    ) -> None:
        self._queue = queue
        self._lanes = list(lanes)
        self._journal = journal
        self._poll = poll.total_seconds()
        self._stopping = threading.Event()
        self._in_hand: dict[int, Batch] = {}
        self._threads = [
            threading.Thread(
                target=self._work, args=(lane,), name=f"{lane.subscription}-{i}", daemon=True
            )
            for lane in self._lanes
            for i in range(lane.workers)
        ]

    def start(self) -> None:
        """Begin to deliver."""
        for thread in self._threads:
            thread.start()

    def stop(self, *, within: timedelta = timedelta(seconds=5)) -> None:
        """End: what is in hand may be finished for so long, then it is given back untried."""
        deadline = time.monotonic() + within.total_seconds()
        self._stopping.set()
        for lane in self._lanes:
            self._queue.bell(lane.subscription).ring(lane.workers)
        for thread in self._threads:
            thread.join(max(deadline - time.monotonic(), 0))
        for batch in list(self._in_hand.values()):
            self._queue.release(batch)

    def _work(self, lane: Lane) -> None:
        bell = self._queue.bell(lane.subscription)
        while not self._stopping.is_set():
            heard = bell.strokes
            try:
                batch = self._queue.claim(lane.subscription, lease=lane.lease, most=lane.most)
                if batch:
                    self._serve(lane, batch)
                elif not self._stopping.is_set():
                    bell.wait(heard, self._pause(lane))
            except Unavailable as error:
                self._journal.warn(
                    "queue.unavailable", subscription=lane.subscription, error=str(error)
                )
                self._stopping.wait(_AFTER_TROUBLE)

    def _pause(self, lane: Lane) -> float:
        due = self._queue.due_at(lane.subscription)
        wait = self._poll if due is None else due - self._queue.now()
        return min(max(wait, _SOONEST), self._poll)

    def _serve(self, lane: Lane, batch: Batch) -> None:
        self._in_hand[threading.get_ident()] = batch
        try:
            lane.deliver(batch)
        except Exception as error:  # noqa: BLE001 - a worker outlives whatever a delivery raises
            self._failed(batch, error)
        else:
            if not self._queue.ack(batch):
                self._journal.warn("delivery.late", **_facts(batch))
        finally:
            del self._in_hand[threading.get_ident()]

    def _failed(self, batch: Batch, error: Exception) -> None:
        text = str(error) if isinstance(error, Trouble) else f"{type(error).__name__}: {error}"
        if self._stopping.is_set():
            self._queue.release(batch)
            return
        dead = self._queue.nack(batch, error=text)
        decision = "delivery.dead" if dead else "delivery.failed"
        self._journal.warn(decision, **_facts(batch), error=text)


def _facts(batch: Batch) -> dict[str, object]:
    return {
        "subscription": batch.subscription,
        "watch": batch.messages[0].key,
        "message": batch.messages[0].id,
        "messages": len(batch.messages),
        "attempt": batch.attempt,
    }
