"""A POST to be made, and what can become of it."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum


class Outcome(StrEnum):
    """What became of a message in the end."""

    DELIVERED = "delivered"
    REFUSED = "refused"  # an answer that is not tried again
    GIVEN_UP = "given_up"  # tried too often
    UNWANTED = "unwanted"  # its channel ended meanwhile
    DISALLOWED = "disallowed"  # robots.txt says no


@dataclass(slots=True, kw_only=True)
class Message:
    """A POST to be made; `lane` keeps messages of one channel in order."""

    lane: str
    address: str
    headers: dict[str, str]
    body: bytes = b""
    retry_all: bool = False  # Pub/Sub sends again whatever is not a success
    wanted: Callable[[], bool] = lambda: True
    ended: Callable[[Outcome], None] = lambda _: None
    attempts: int = 0
    done: threading.Event = field(default_factory=threading.Event)
