"""Virtual time: a heap of what happens when, and the flows that run, each a greenlet.

A flow that waits gives the word back; the others, and time, go on meanwhile.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from enum import StrEnum
from heapq import heappop, heappush
from typing import Any

from greenlet import getcurrent, greenlet

from functions.domain.errors import Conflict, Unavailable
from tests.world.ports import START

Act = Callable[[], object]


class End(StrEnum):
    """How a run of a flow ended."""

    DONE = "done"
    FAILED = "failed"  # it raised what its host answers with a 5xx
    KILLED = "killed"  # its process died


class Killed(BaseException):
    """The process is gone: nothing of ours may catch it."""


class Run:
    """One run of a flow: who runs it, for which watch, and what it gave."""

    __slots__ = ("ahead", "ended", "name", "result", "since", "strand", "watch")

    def __init__(self, name: str, ahead: timedelta, since: float, watch: str | None) -> None:
        self.name = name
        self.ahead = ahead  # how far the clock of its instance is from the true time
        self.since = since
        self.watch = watch
        self.strand: Any = None
        self.result: Any = None
        self.ended = End.DONE


class Timeline:
    """The time and all that is to come."""

    def __init__(self) -> None:
        self.now = 0.0  # seconds since the start
        self.running: Run | None = None
        self.runs = 0
        self._heap: list[tuple[float, int, Act]] = []
        self._count = 0
        self._at = (-1.0, START)

    def moment(self) -> datetime:
        """Give the true time."""
        seconds, moment = self._at
        if seconds != self.now:
            moment = START + timedelta(seconds=self.now)
            self._at = (self.now, moment)
        return moment

    def at(self, time: float, act: Act) -> None:
        """Have something happen at a time, or at once if that is over."""
        self._count += 1
        heappush(self._heap, (max(time, self.now), self._count, act))

    def after(self, wait: float, act: Act) -> None:
        """Have something happen so many seconds from now."""
        self.at(self.now + wait, act)

    def next(self) -> float:
        """Tell when the next thing happens."""
        return self._heap[0][0] if self._heap else float("inf")

    def step(self) -> None:
        """Let the next thing happen."""
        time, _, act = heappop(self._heap)
        self.now = max(self.now, time)
        act()

    def pause(self, wait: float) -> None:
        """Have the flow that runs wait while others go on."""
        hub = getcurrent().parent
        if hub is not None:  # else nobody runs who could wait
            hub.switch(wait)

    def start(self, run: Run, work: Callable[[], Any], ended: Callable[[Run], object]) -> None:
        """Begin a run; `ended` is told when it is over, however it ends."""
        self.runs += 1

        def body() -> None:
            try:
                run.result = work()
            except (Unavailable, Conflict):
                run.ended = End.FAILED
            except Killed:
                run.ended = End.KILLED

        run.strand = greenlet(body)
        self._go(run, ended)

    def _go(self, run: Run, ended: Callable[[Run], object]) -> None:
        before, self.running = self.running, run
        wait = run.strand.switch()
        self.running = before
        if run.strand.dead:
            ended(run)
        else:
            self.after(wait, lambda: self._go(run, ended))
