"""One watch and its channels through time: the real decisions, and a Google that keeps channels.

Time jumps from one thing that happens to the next: a tick some moment after the watch is due, or a
message of a channel. Google refuses, stays silent or loses answers whenever a test says so.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import count, cycle
from typing import Any, cast

from functions.channels.attendance import attend
from functions.channels.confirmation import heard
from functions.channels.renewal import Renewal
from functions.declared.declaration import identity
from functions.domain.errors import Unanswered, Unavailable
from functions.domain.model import ChannelState, Job
from functions.domain.plan import plan
from functions.ports import Case, Decide, Google, Jobs, Store
from functions.sources.call import Answer, Call
from functions.terms import Terms
from tests.functions.examples import ADDRESS, GROUNDS, RING, WATCH, message, progress
from tests.world.ports import START, Notebook, SeededChance, WorldClock

TERMS = Terms(address=ADDRESS)
FINE, REFUSES, SILENT, LOSES = "fine", "refuses", "silent", "loses answers"

Mood = Callable[[timedelta], str]


@dataclass(slots=True)
class Opened:
    """A channel as Google has it."""

    end: datetime
    heard: bool = False


@dataclass(slots=True)
class Life:
    """A watch that lives; what happens to it is written down."""

    granted: timedelta
    mood: Mood = lambda _: FINE
    ticks: Iterator[timedelta] = field(default_factory=lambda: cycle([timedelta(0)]))
    delays: Iterator[timedelta] = field(default_factory=lambda: cycle([timedelta(0)]))
    seed: int = 0
    clock: WorldClock = field(default_factory=WorldClock)
    case: Case = field(default_factory=lambda: Case(first_progress(), {}))
    alive: dict[str, Opened] = field(default_factory=dict)
    opened_at: list[datetime] = field(default_factory=list)
    most_alive: int = 0
    gap: timedelta = timedelta(0)  # without a living channel of which a message was heard
    bare_stops: int = 0  # channels stopped though nothing else covered
    _post: list[tuple[datetime, int, str]] = field(default_factory=list)
    _numbers: Iterator[int] = field(default_factory=count)
    _chance: SeededChance = field(default_factory=SeededChance)

    # --- what a test does and asks ---------------------------------------------------------------

    def run(self, length: timedelta) -> None:
        """Let time pass; all that falls in it happens."""
        until = self.clock.now() + length
        while True:
            tick = max(self._due(), self.clock.now()) + next(self.ticks)
            mail = self._post[0][0] if self._post else datetime.max.replace(tzinfo=START.tzinfo)
            if min(tick, mail) > until:
                break
            self._pass(min(tick, mail))
            if mail <= tick:
                self._deliver(heapq.heappop(self._post)[2])
            else:
                attend(WATCH.id, WATCH, self._renewal())
        self._pass(until)

    def states(self) -> list[str]:
        """List the states of the channels that we think are not closed."""
        return [str(each.state) for each in self._open_channels().values()]

    def covered(self) -> bool:
        """Whether Google would tell us of a change now, and we would know the channel."""
        return self._covered_until() > self.clock.now()

    def age(self) -> timedelta:
        """Give the age of the youngest channel."""
        return self.clock.now() - self.opened_at[-1]

    def has_a_plan(self) -> bool:
        """Whether anything is still to be done now."""
        assert self.case.progress is not None
        there = list(self._open_channels().values())
        made = plan(WATCH, self.case.progress, there, now=self.clock.now(), grounds=GROUNDS)
        return bool(made.actions)

    @property
    def uncovered_seconds(self) -> float:
        """What the account says."""
        assert self.case.progress is not None
        return self.case.progress.uncovered_seconds

    # --- the ports -------------------------------------------------------------------------------

    def change(self, watch: str, decide: Decide, *, channels: Any = (), seen: Any = None) -> Any:
        """Be the store: one case, and whoever is asked for of its channels."""
        del watch, seen
        there = self._open_channels() if channels is None else self.case.channels
        named = there if channels is None else {n: there[n] for n in channels if n in there}
        after = decide(Case(self.case.progress, named))
        if after is not None:
            self.case = Case(after.progress, {**self.case.channels, **after.channels})
        return after

    def call(self, call: Call, *, subject: str | None) -> Answer:
        """Be Google: open or stop a channel, if in the mood."""
        del subject
        mood = self.mood(self.clock.now() - START)
        if mood == REFUSES:
            raise Unavailable("503 backendError")
        assert call.body is not None
        if call.method == "channels.stop":
            self._stop(call.body["id"])
            return Answer(body={}, date=self.clock.now())
        end = self._open(call.body["id"], silent=mood == SILENT)
        if mood == LOSES:
            raise Unanswered("no answer came")
        expiration = str(int(end.timestamp() * 1000))
        body = {"resourceId": "r1", "resourceUri": "u1", "expiration": expiration}
        return Answer(body=body, date=self.clock.now())

    def put(self, job: Job) -> None:
        """Be the queue: nothing is read here."""

    def _renewal(self) -> Renewal:
        return Renewal(
            store=cast(Store, self),
            google=cast(Google, self),
            jobs=cast(Jobs, self),
            clock=self.clock,
            chance=self._chance,
            journal=Notebook(),
            terms=TERMS,
            ring=RING,
        )

    # --- what happens ----------------------------------------------------------------------------

    def _open(self, name: str, *, silent: bool) -> datetime:
        now = self.clock.now()
        end = now + self.granted
        end = end.replace(microsecond=end.microsecond // 1000 * 1000)
        self.alive[name] = Opened(end)
        self.opened_at.append(now)
        self.most_alive = max(self.most_alive, len(self._living()))
        delay = next(self.delays)
        if not silent and not delay:
            self._deliver(name)  # before the answer
        elif not silent:
            heapq.heappush(self._post, (now + delay, next(self._numbers), name))
        return end

    def _stop(self, name: str) -> None:
        stopped = self.alive.pop(name, None)
        if stopped is not None and stopped.heard and not self.covered():
            self.bare_stops += 1

    def _deliver(self, name: str) -> None:
        if name not in self._living():
            return
        self.alive[name].heard = True
        told = message(name, expiration=self.alive[name].end.replace(microsecond=0))
        job = Job(
            watch="ana-drive", queued_at=self.clock.now(), reason="notification", message=told
        )
        now = self.clock.now()
        self.change(
            WATCH.id,
            lambda case: heard(case, job, now=now, address=ADDRESS, counting=True),
            channels=(name,),
        )

    def _pass(self, until: datetime) -> None:
        since = max(self._covered_until(), self.clock.now())
        if any(each.heard for each in self.alive.values()) and since < until:
            self.gap += until - since
        self.clock.move(until - self.clock.now())

    def _covered_until(self) -> datetime:
        return max((each.end for each in self.alive.values() if each.heard), default=START)

    def _living(self) -> dict[str, Opened]:
        return {name: each for name, each in self.alive.items() if each.end > self.clock.now()}

    def _due(self) -> datetime:
        progress = self.case.progress
        assert progress is not None
        assert progress.due_at is not None, "nothing would ever make it due"
        return progress.due_at

    def _open_channels(self) -> dict[str, Any]:
        channels = self.case.channels.items()
        return {name: each for name, each in channels if each.state is not ChannelState.CLOSED}


def first_progress() -> Any:
    """Make the progress of a watch whose baseline was just taken: it wants its first channel."""
    return replace(progress(identity=identity(WATCH)), look_at=START, due_at=START)
