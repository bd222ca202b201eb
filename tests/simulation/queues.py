"""The two queues: jobs in line behind each other, delivered at least once; changes, confirmed."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Callable, Sequence
from random import Random

from functions.domain.errors import Unavailable
from functions.domain.event import Event
from functions.domain.model import Job
from tests.simulation.gate import Gate
from tests.simulation.timeline import End, Run, Timeline

FIRST_RETRY, LONGEST_RETRY = 10.0, 600.0  # seconds; the subscription's back-off
DEADLINE = 600.0  # seconds until a job is delivered again whose worker died unheard


class SimulatedJobs:
    """The port `Jobs`: one line a watch, whose head alone is in hand."""

    def __init__(self, timeline: Timeline, gate: Gate, random: Random) -> None:
        self._timeline, self._gate, self._draw = timeline, gate, random.random
        self.lines: defaultdict[str, deque[Job]] = defaultdict(deque)
        self._busy: set[str] = set()
        self.fails = self.doubles = self.disorder = 0.0
        self.work: Callable[[Job, Callable[[Run], object]], object] = lambda *_: None
        self.troubled: Callable[[str], object] = lambda _: None
        self.count = 0

    def put(self, job: Job) -> None:
        self._gate.before("jobs.put")
        if self.fails and self._draw() < self.fails:
            self.troubled(job.watch)
            raise Unavailable("the queue cannot be reached")
        self.add(job)
        if self.fails and self._draw() < self.fails:
            self.troubled(job.watch)
            raise Unavailable("queued, but the answer was lost")
        self._gate.after("jobs.put")

    def add(self, job: Job) -> None:
        """Put a job into its line."""
        self.count += 1
        if self.disorder and self._draw() < self.disorder:
            self._timeline.after(self._draw() * 5.0, lambda: self._alone(job, 0))
            return
        self.lines[job.watch].append(job)
        self._timeline.after(self._draw() * 0.2, lambda: self._deliver(job.watch))

    def _alone(self, job: Job, attempt: int) -> None:
        """Deliver a job beside its line: order is no promise that anything may rest on."""

        def ended(run: Run) -> None:
            if run.ended is not End.DONE:
                wait = min(FIRST_RETRY * 2.0**attempt, LONGEST_RETRY)
                self.troubled(job.watch)
                self._timeline.after(wait, lambda: self._alone(job, attempt + 1))

        self.work(job, ended)

    def _deliver(self, watch: str) -> None:
        line = self.lines[watch]
        if watch in self._busy or not line:
            return
        self._busy.add(watch)
        self._work(watch, line[0], 0)

    def _work(self, watch: str, job: Job, attempt: int) -> None:
        def ended(run: Run) -> None:
            if run.ended is End.DONE:
                self._done(watch, job)
                return
            wait = min(FIRST_RETRY * 2.0**attempt, LONGEST_RETRY)
            if run.ended is End.KILLED and self._draw() < 0.3:
                wait = DEADLINE
            self.troubled(watch)
            self._timeline.after(wait, lambda: self._work(watch, job, attempt + 1))

        self.work(job, ended)

    def _done(self, watch: str, job: Job) -> None:
        self.lines[watch].popleft()
        self._busy.discard(watch)
        if self._draw() < self.doubles:
            self._timeline.after(self._draw() * 30.0, lambda: self.work(job, lambda _: None))
        if self.lines[watch]:
            self._deliver(watch)


class SimulatedSubscription:
    """What brings published events to `handle`: of one watch one after the other, until done."""

    def __init__(self, timeline: Timeline, random: Random) -> None:
        self._timeline, self._draw = timeline, random.random
        self.lines: defaultdict[str, deque[Event]] = defaultdict(deque)
        self.doubles = 0.0
        self.work: Callable[[Event, int, Callable[[Run], object]], object] = lambda *_: None

    def add(self, event: Event) -> None:
        """Put an event into the line of its watch."""
        line = self.lines[event.watch]
        line.append(event)
        if len(line) == 1:
            self._timeline.after(self._draw() * 0.2, lambda: self._work(event, 1))

    def _work(self, event: Event, attempt: int) -> None:
        def ended(run: Run) -> None:
            if run.ended is End.DONE:
                self._done(event)
                return
            wait = min(FIRST_RETRY * 2.0 ** min(attempt - 1, 10), LONGEST_RETRY)
            if run.ended is End.KILLED and self._draw() < 0.3:
                wait = DEADLINE
            self._timeline.after(wait, lambda: self._work(event, attempt + 1))

        self.work(event, attempt, ended)

    def _done(self, event: Event) -> None:
        line = self.lines[event.watch]
        line.popleft()
        if self._draw() < self.doubles:
            again = self._draw() * 30.0
            self._timeline.after(again, lambda: self.work(event, 1, lambda _: None))
        if line:
            self._timeline.after(0.0, lambda: self._work(line[0], 1))


class SimulatedChanges:
    """The port `Changes`: what is told is judged at once."""

    def __init__(self, gate: Gate, random: Random) -> None:
        self._gate, self._draw = gate, random.random
        self.fails = 0.0
        self.told: Callable[[Event], object] = lambda _: None
        self.troubled: Callable[[str], object] = lambda _: None

    def tell(self, events: Sequence[Event]) -> None:
        self._gate.before("changes.tell")
        broken = bool(self.fails) and self._draw() < self.fails
        for number, event in enumerate(events):
            if broken and number >= self._draw() * len(events):
                break
            self.told(event)
        if broken and events:
            self.troubled(events[0].watch)
            raise Unavailable("some were published, some were not")
        self._gate.after("changes.tell")
