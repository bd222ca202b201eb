"""The terms a deployment works on: its address, and how long things may take."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What the flows must know of where they run."""

    address: str  # given to Google with every channel
    settle: timedelta = timedelta(minutes=10)  # a new key signs only when every receiver has it
    clocks_differ: timedelta = timedelta(seconds=1)  # at most, between two instances
    lease: timedelta = timedelta(seconds=300)  # longer than any request works
    pull_budget: timedelta = timedelta(seconds=240)
    tick_budget: timedelta = timedelta(seconds=45)
    tick_limit: int = 2000  # due watches taken in one tick
    gmail_topic: str | None = None  # where Gmail is told to publish; none: mailboxes are polled
    short_polls: bool = False  # on one machine any positive poll is allowed
