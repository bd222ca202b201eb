"""The small ports of the simulation: clocks that differ, lots that repeat, keys, and silence."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from random import Random
from typing import TypeVar

from functions.domain.errors import Unavailable
from functions.domain.keyring import Ring
from tests.simulation.gate import Gate
from tests.simulation.timeline import Timeline
from tests.world.ports import key

T = TypeVar("T")
KEPT = 300.0  # seconds for which an instance keeps the ring it has read


class SkewedClock:
    """The port `Clock`: the true time, as the instance that runs knows it."""

    def __init__(self, timeline: Timeline) -> None:
        self._timeline = timeline

    def now(self) -> datetime:
        run = self._timeline.running
        moment = self._timeline.moment()
        return moment + run.ahead if run is not None and run.ahead else moment

    def sleep(self, length: timedelta) -> None:
        self._timeline.pause(length.total_seconds())


class Lots:
    """The port `Chance`: the same ids and lots in every run of a seed."""

    def __init__(self, random: Random) -> None:
        self._random = random

    def new_id(self) -> str:
        return f"{self._random.getrandbits(128):032x}"

    def fraction(self) -> float:
        return self._random.random()


class TurnedKeys:
    """The port `Keys`: a ring that an operator turns, which each instance knows late."""

    def __init__(self, timeline: Timeline, gate: Gate) -> None:
        self._timeline, self._gate = timeline, gate
        self.held = Ring((key("k0"),))
        self.lost = False
        self.missed: Callable[[], object] = lambda: None
        self._kept: dict[str, tuple[float, Ring]] = {}

    def ring(self, *, wanted: str | None = None) -> Ring:
        self._gate.before("keys.ring")
        if self.lost:
            self.missed()
            raise Unavailable("the key ring cannot be read")
        run = self._timeline.running
        name = run.name if run else ""
        read_at, ring = self._kept.get(name, (-KEPT, self.held))
        stale = self._timeline.now - read_at >= KEPT
        if stale or (wanted and ring.find(wanted) is None):
            ring = self.held
            self._kept[name] = (self._timeline.now, ring)
        return ring


class Silence:
    """The port `Journal`, counting internal errors, which no fault explains."""

    def __init__(self) -> None:
        self.wrong: list[str] = []

    def note(self, decision: str, /, **facts: object) -> None:
        pass

    def warn(self, decision: str, /, **facts: object) -> None:
        if decision == "internal error":
            self.wrong.append(str(facts))


class Hand:
    """The port `Crew`: one after the other, in an order that nobody may rely on."""

    def __init__(self, random: Random) -> None:
        self._random = random
        self.failures: list[str] = []

    def each(self, work: Callable[[T], None], items: Iterable[T]) -> None:
        some = list(items)
        self._random.shuffle(some)
        for item in some:
            try:
                work(item)
            except Unavailable:
                pass
            except Exception as failure:  # noqa: BLE001 - an item's failure stops no other
                self.failures.append(repr(failure))
