"""Delivers what the local queue holds: threads that claim, deliver and settle."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import timedelta

from functions.domain.errors import Trouble, Unavailable
from functions.ports import Journal
from infra.failure import describe
from infra.local.queue.delivery import Batch
from infra.local.sqlite_queue import SqliteQueue

_SOONEST = 0.01  # seconds between two looks at what is not due yet
_AFTER_TROUBLE = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Lane:
    """One subscription, who takes what it holds, and how many do so side by side.

    `deliver` returns when the batch is done and raises when it is not. The lease is longer than
    it can take.
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
            threading.Thread(target=self._work, args=(lane,), name=lane.subscription, daemon=True)
            for lane in self._lanes
            for _ in range(lane.workers)
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
            if thread.ident is not None:
                thread.join(max(deadline - time.monotonic(), 0))
        for batch in list(self._in_hand.values()):
            self._settle(batch, Unavailable("stopped"))

    def _work(self, lane: Lane) -> None:
        bell = self._queue.bell(lane.subscription)
        while True:
            heard = bell.strokes
            if self._stopping.is_set():
                return
            try:
                batch = self._queue.claim(lane.subscription, lease=lane.lease, most=lane.most)
                if batch:
                    self._serve(lane, batch)
                else:
                    bell.wait(heard, self._pause(lane))
            except Exception as error:  # noqa: BLE001 - a worker outlives whatever happens
                self._trouble(error)

    def _pause(self, lane: Lane) -> float:
        """How long to wait for the bell: until something is due, for there is no ring for that."""
        due = self._queue.due_at(lane.subscription)
        wait = self._poll if due is None else due - self._queue.now()
        return min(max(wait, _SOONEST), self._poll)

    def _serve(self, lane: Lane, batch: Batch) -> None:
        self._in_hand[threading.get_ident()] = batch
        failure: Exception | None = None
        try:
            lane.deliver(batch)
        except Exception as error:  # noqa: BLE001 - as above
            failure = error
        self._settle(batch, failure)
        del self._in_hand[threading.get_ident()]

    def _settle(self, batch: Batch, failure: Exception | None) -> None:
        """Write down what became of a batch; until then it is held for as long as its lease."""
        while True:
            try:
                return self._write_down(batch, failure)
            except Unavailable as error:
                self._trouble(error)
            if self._stopping.is_set():
                return None

    def _write_down(self, batch: Batch, failure: Exception | None) -> None:
        if failure is None:
            if not self._queue.ack(batch):
                self._journal.warn("delivery.late", **_facts(batch))
        elif self._stopping.is_set():
            self._queue.release(batch)
        else:
            text = str(failure) if isinstance(failure, Trouble) else type(failure).__name__
            dead = self._queue.nack(batch, error=text)
            decision = "delivery.dead" if dead else "delivery.failed"
            self._journal.warn(decision, **_facts(batch), **describe(failure))

    def _trouble(self, error: Exception) -> None:
        self._journal.warn("queue.failed", **describe(error))
        self._stopping.wait(_AFTER_TROUBLE)


def _facts(batch: Batch) -> dict[str, object]:
    return {
        "subscription": batch.subscription,
        "watch": batch.messages[0].key,
        "message_id": batch.messages[0].id,
        "messages": len(batch.messages),
        "attempt": batch.attempt,
    }
