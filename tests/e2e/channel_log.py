"""Looks at Google's channels all the time: how many live ones each watched resource has."""

from __future__ import annotations

from collections import Counter

from tests.e2e.simulated import Simulated
from tests.meanwhile import Meanwhile

EVERY = 0.05  # seconds between two looks


class ChannelLog(Meanwhile):
    """What was seen of the channels while the block ran."""

    def __init__(self, google: Simulated) -> None:
        """Keep whose channels are looked at."""
        super().__init__(every=EVERY)
        self._google = google
        self.looks = 0
        self.most: Counter[str] = Counter()  # live at once, by resource
        self.bare: Counter[str] = Counter()  # looks at which a resource once covered had none
        self.overlaps: Counter[str] = Counter()  # looks at which it had more than one

    def step(self) -> None:
        """Look once."""
        live = Counter(channel["resource"] for channel in self._google.channels("live"))
        self.looks += 1
        for resource in live.keys() | self.most.keys():
            count = live[resource]
            self.most[resource] = max(self.most[resource], count)
            self.bare[resource] += count == 0
            self.overlaps[resource] += count > 1
