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

    def pulled(self, known: Iterable[Progress]) -> None:
        """Note when each watch was last pulled."""
        for one in known:
            if one.began_at is not None:
                pulls = self._pulls.setdefault(one.watch, deque(maxlen=MOST))
                if not pulls or pulls[-1] != one.began_at:
                    pulls.append(one.began_at)

    def heard(self, name: str, channels: Iterable[Channel]) -> None:
        """Note the first and the last message of each channel."""
        times = self._heard.setdefault(name, deque(maxlen=MOST))
        for one in sorted(channels, key=lambda each: each.opened_at):
            for time in (one.confirmed_at, one.heard_at):
                if time is not None and time not in times:
                    times.append(time)

    def of(self, name: str) -> dict[str, Any]:
        """Give the marks of a watch."""
        return {"pulls": list(self._pulls.get(name, ())), "heard": list(self._heard.get(name, ()))}
