"""The ports of the two queues on one machine: jobs and changes, in one SQLite queue."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from functions.domain.event import Event
from functions.domain.job import write_job
from functions.domain.model import Job
from infra.cloudevent import encode
from infra.local.queue.delivery import Message
from infra.local.sqlite_queue import SqliteQueue
from infra.ordering import ordering_key

NOTIFICATIONS = "notifications"
CHANGES = "changes"
CHANGES_ARE_KEPT = timedelta(days=7)


class LocalJobs:
    """The notification queue."""

    def __init__(self, queue: SqliteQueue) -> None:
        self._queue = queue

    def put(self, job: Job) -> None:
        message = Message(key=ordering_key(job.watch), data=write_job(job))
        self._queue.publish(NOTIFICATIONS, [message])


class LocalChanges:
    """The queue of changes."""

    def __init__(self, queue: SqliteQueue) -> None:
        self._queue = queue

    def tell(self, events: Sequence[Event]) -> None:
        self._queue.publish(CHANGES, [_message(event) for event in events])


def _message(event: Event) -> Message:
    encoded = encode(event)
    key = ordering_key(event.watch)
    return Message(key=key, data=encoded.data, attributes=encoded.attributes)
