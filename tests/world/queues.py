"""The two queues in memory: jobs that come again until they are done, changes that stay."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from functions.domain.errors import Unavailable
from functions.domain.event import Event
from functions.domain.job import read_job, write_job
from functions.domain.model import Job
from functions.ports import Clock
from infra.cloudevent import encode

REDELIVERED_AFTER = timedelta(seconds=10)


@dataclass(slots=True)
class Waiting:
    """A job as bytes, and when it is delivered."""

    due: datetime
    data: bytes


class WorldJobs:
    """The port `Jobs`; one job at a time is in hand."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.waiting: list[Waiting] = []
        self.put_so_far: list[Job] = []
        self.fails = False

    def put(self, job: Job) -> None:
        if self.fails:
            raise Unavailable("the queue cannot be reached", timedelta(seconds=7))
        self.put_so_far.append(job)
        self.waiting.append(Waiting(self._clock.now(), write_job(job)))

    def take(self) -> Job | None:
        """Take the job that is due longest; whoever does not finish it gives it back."""
        now = self._clock.now()
        due = [each for each in self.waiting if each.due <= now]
        if not due:
            return None
        first = min(due, key=lambda each: each.due)
        self.waiting.remove(first)
        return read_job(first.data)

    def give_back(self, job: Job) -> None:
        """Have a job delivered again, later."""
        self.waiting.append(Waiting(self._clock.now() + REDELIVERED_AFTER, write_job(job)))


class WorldChanges:
    """The port `Changes`: everything that was told, in order, repeats included."""

    def __init__(self) -> None:
        self.told: list[Event] = []
        self.fails = False

    def tell(self, events: Sequence[Event]) -> None:
        if self.fails:
            raise Unavailable("the queue cannot be reached")
        for event in events:
            encode(event)
        self.told += events

    def kinds(self, subject: str | None = None) -> list[str]:
        """List the kinds told (of one item), less what the types of a source share."""
        return [
            event.data.get("kind", event.type.removeprefix("watchkeeper."))
            for event in self.told
            if subject is None or event.subject == subject
        ]

    def troubles(self) -> list[str]:
        """List the troubles told: parked, resumed, resynced."""
        head = "watchkeeper.watch."
        return [e.type.removeprefix(head) for e in self.told if e.type.startswith(head)]
