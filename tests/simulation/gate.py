"""The gate between a flow and its ports: where others get their turn, and where processes die."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from random import Random

from tests.simulation.timeline import Killed, Run, Timeline


class Gate:
    """Every call of every port passes here twice: before its effect and after it."""

    def __init__(self, timeline: Timeline, random: Random) -> None:
        self._timeline = timeline
        self._draw = random.random
        self.kills = 0.0  # how likely a process dies at one crossing
        self.waits = 0.0  # how likely others get their turn
        self.longest = 1.0  # seconds, for which they have it
        self.killed: Counter[str] = Counter()  # flow, port and side: how often somebody died there
        self.crossings = 0
        self.mourn: Callable[[Run], object] = lambda _: None

    def before(self, name: str) -> None:
        """Pass to the port; nothing has happened yet."""
        self._cross(name, "before")

    def after(self, name: str) -> None:
        """Pass back: it has happened, but nobody knows yet."""
        self._cross(name, "after")

    def _cross(self, name: str, side: str) -> None:
        run = self._timeline.running
        if run is None:
            return
        self.crossings += 1
        lot = self._draw()
        if lot < self.kills:
            self.killed[f"{run.name} {side} {name}"] += 1
            self.mourn(run)
            raise Killed
        if lot > 1 - self.waits:
            self._timeline.pause(self._draw() ** 4 * self.longest)
