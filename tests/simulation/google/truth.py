"""What is true of items: each state that one was ever in, and when Google showed it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from random import Random
from typing import Any

from functions.sources.call import Call
from infra.local.google.clock import rfc3339
from tests.simulation.timeline import Timeline
from tests.world.ports import START

EPOCH = START.timestamp()
GONE = "gone"


@dataclass(frozen=True, slots=True)
class State:
    """One state of an item; `look` is what can be told of it."""

    number: int
    at: float
    visible: float  # from when on Google lists it
    look: str


Told = Callable[["Collection", str, State], object]


class Ground:
    """What all collections stand on: time, chance, and who listens."""

    def __init__(self, timeline: Timeline, random: Random) -> None:
        self.timeline = timeline
        self.random = random
        self.ahead = 0.0  # of Google's clock, in seconds
        self.lag = 0.0  # how likely a change is listed late
        self.longest_lag = 0.0
        self.flips = 0.0  # how much likelier a value flips back
        self.page = 5  # entries; small, so that lists have pages
        self.changed: Told = lambda *_: None
        self.notify: Callable[[str, str, dict[str, Any] | None], object] = lambda *_: None
        self.mailed: Callable[[str, Any], object] = lambda *_: None
        self.marks = 0

    def now(self) -> float:
        """Give the seconds since the start, by Google's clock."""
        return self.timeline.now + self.ahead

    def text(self) -> str:
        """Give the time as resources carry it."""
        return rfc3339(EPOCH + self.now())

    def visible(self) -> float:
        """Tell from when on a change made now is listed."""
        late = self.random.random() < self.lag
        return self.timeline.now + (self.random.random() * self.longest_lag if late else 0.0)

    def mark(self) -> str:
        """Give a text that no item ever carried."""
        self.marks += 1
        return f"m{self.marks}"

    def date(self) -> Any:
        """Give the time as the header `Date` tells it: in whole seconds."""
        moment = self.timeline.moment()
        if self.ahead:
            moment += timedelta(seconds=self.ahead)
        return moment.replace(microsecond=0)


class Collection:
    """Items that change together: a drive, a calendar, a domain."""

    def __init__(self, key: str, ground: Ground) -> None:
        self.key = key
        self.ground = ground
        self.history: defaultdict[str, list[State]] = defaultdict(list)

    def became(self, item: str, look: str, visible: float | None = None) -> State:
        """Note a new state of an item."""
        now = self.ground.timeline.now
        states = self.history[item]
        state = State(len(states), now, self.ground.visible() if visible is None else visible, look)
        states.append(state)
        self.ground.changed(self, item, state)
        return state

    def change(self) -> None:
        """Let something change, by chance."""
        raise NotImplementedError

    def touch(self) -> None:
        """Change what is surely told."""
        raise NotImplementedError

    def void(self) -> None:
        """Refuse every cursor there is."""
        raise NotImplementedError

    def answer(self, call: Call) -> dict[str, Any]:
        """Answer a call about these items."""
        raise NotImplementedError
