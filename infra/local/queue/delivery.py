"""The values of the local queue: what is published, how it is delivered, what became of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from functions.domain.backoff import grow


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """What a publisher gives: messages of one key are delivered one after the other."""

    key: str
    data: bytes
    attributes: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """How a failed delivery is repeated: after `first`, doubled each time up to `longest`."""

    first: timedelta
    longest: timedelta
    attempts: int | None  # then it is a dead letter; None: it is repeated until it succeeds

    def is_spent(self, attempts: int) -> bool:
        """Whether a message that was tried so often is given up."""
        return self.attempts is not None and attempts >= self.attempts

    def delay(self, attempts: int) -> timedelta:
        """How long to wait after so many attempts."""
        return grow(attempts, first=self.first, longest=self.longest, spread=0.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One message as one subscription receives it."""

    id: int
    key: str
    data: bytes
    attributes: Mapping[str, str]
    published_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """Messages claimed together, in the order of their publication; never empty."""

    subscription: str
    claim: str
    attempt: int
    messages: tuple[Delivery, ...]

    @property
    def keys(self) -> tuple[str, ...]:
        """The keys that are held while this is in hand."""
        return tuple(dict.fromkeys(message.key for message in self.messages))


@dataclass(frozen=True, slots=True, kw_only=True)
class Backlog:
    """What one subscription has before it, and what it gave up."""

    subscription: str
    topic: str
    waiting: int
    oldest: datetime | None
    dead: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadLetter:
    """A message that was given up, and why. `data` and `attributes` only where they are shown."""

    id: int
    subscription: str
    key: str
    published_at: datetime
    died_at: datetime
    attempts: int
    error: str
    size: int
    data: bytes = b""
    attributes: Mapping[str, str] = field(default_factory=dict)
