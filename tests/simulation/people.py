"""What people do: they change things in Google's data, in bursts, and while others read."""

from __future__ import annotations

from tests.simulation.draw import HOUR
from tests.simulation.simulation import Simulation


class People:
    """Who change things in Google's data."""

    def __init__(self, simulation: Simulation) -> None:
        self._it = simulation
        self._known: set[str] = set()
        self.working = True

    def follow(self) -> None:
        """Have someone at work in each collection there is; looks for new ones each hour."""
        for name in list(self._it.google.collections):
            if name not in self._known:
                self._known.add(name)
                self._later(name)
        self._it.timeline.after(HOUR, self.follow)

    def touch(self) -> None:
        """Change one thing everywhere, which wakes every channel there is."""
        for collection in self._it.google.collections.values():
            collection.touch()

    def _later(self, name: str) -> None:
        wait = self._it.random.expovariate(1 / self._it.world.busy)
        self._it.timeline.after(wait, lambda: self._work(name))

    def _work(self, name: str) -> None:
        if not self.working:
            return
        random, collection = self._it.random, self._it.google.collections[name]
        for _ in range(random.choice((1, 1, 1, 2, 7))):
            collection.change()
            self._it.figures["changes"] += 1
        if random.random() < 0.2:  # something more while the first is being read
            self._it.timeline.after(random.random() * 5.0, collection.change)
        self._later(name)
