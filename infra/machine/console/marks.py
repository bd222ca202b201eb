"""Remembers pulls and notifications as they are seen: the store keeps only the last of each."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from functions.domain.model import Channel, Progress

MOST = 60  # of one watch


class Marks:
    """What was seen to happen since the console was started, and the last of what was before."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self._pulls: dict[str, deque[datetime]] = {}
        self._heard: dict[str, deque[datetime]] = {}
        self._numbers: dict[str, int] = {}

    def pulled(self, known: Iterable[Progress]) -> None:
        """Note when each watch was last pulled."""
        for one in known:
            if one.began_at is not None:
                pulls = self._pulls.setdefault(one.watch, deque(maxlen=MOST))
                if not pulls or pulls[-1] != one.began_at:
                    pulls.append(one.began_at)

    def heard(self, name: str, channels: Iterable[Channel], now: datetime) -> None:
        """Note the first message of each channel, and later ones when their number is seen."""
        times = self._heard.setdefault(name, deque(maxlen=MOST))
        for one in sorted(channels, key=lambda each: each.opened_at):
            before = self._numbers.get(one.id)
            if before is None and one.confirmed_at is not None:
                times.append(one.confirmed_at)
            elif before is not None and one.last_number > before:
                times.append(now)
            self._numbers[one.id] = one.last_number

    def of(self, name: str) -> dict[str, Any]:
        """Give the marks of a watch."""
        return {"pulls": list(self._pulls.get(name, ())), "heard": list(self._heard.get(name, ()))}
