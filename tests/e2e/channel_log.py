"""Looks at Google's channels all the time: how many live ones each watched resource has."""

from __future__ import annotations

import threading
from collections import Counter
from types import TracebackType
from typing import Self

from tests.e2e.simulated import Simulated

EVERY = 0.05  # seconds between two looks


class ChannelLog:
    """What was seen of the channels while the block ran."""

    def __init__(self, google: Simulated) -> None:
        """Keep whose channels are looked at."""
        self._google = google
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="channels", daemon=True)
        self.looks = 0
        self.most: Counter[str] = Counter()  # live at once, by resource
        self.bare: Counter[str] = Counter()  # looks at which a resource once covered had none
        self.overlaps: Counter[str] = Counter()  # looks at which it had more than one

    def __enter__(self) -> Self:
        """Begin to look."""
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Look no longer."""
        self._ended.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._ended.wait(EVERY):
            live = Counter(channel["resource"] for channel in self._google.channels("live"))
            self.looks += 1
            for resource in live.keys() | self.most.keys():
                count = live[resource]
                self.most[resource] = max(self.most[resource], count)
                self.bare[resource] += count == 0
                self.overlaps[resource] += count > 1
