"""What became of an event in a handler: the nouns of the collection `handled`."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from functions.domain.event import stable_id

MOST_ATTEMPTS = 100
LARGEST_BODY = 900 * 1024  # bytes, packed: a document of Firestore holds a mebibyte
# The topic keeps messages for 7 days: none is delivered after that.
DONE_IS_KEPT = timedelta(days=8)
DEAD_IS_KEPT = timedelta(days=30)


class Outcome(StrEnum):
    """How it ended, or where it stands."""

    DONE = "done"
    SKIPPED = "skipped"  # the handler had nothing to do with this event
    FAILED = "failed"  # to be tried again
    DEAD = "dead"  # given up, kept with its error until somebody retries or drops it
    STOPPED = "stopped"  # of a handler, not of an event: its receiver wants no more
    KEPT = "kept"  # of a file: the copy there is of it, its name in `detail`

    @property
    def ends(self) -> bool:
        """Whether the handler is through with the event."""
        return self in {Outcome.DONE, Outcome.SKIPPED, Outcome.DEAD}


@dataclass(frozen=True, slots=True, kw_only=True)
class Handled:
    """One entry: of an event and a handler, of a stopped handler, or of a copied file."""

    key: str
    watch: str
    handler: str
    outcome: Outcome
    at: datetime
    event: str = ""
    replay: str = ""
    detail: str = ""
    version: str = ""
    attempts: int = 0
    delete_at: datetime | None = None
    body: bytes = b""  # of a dead letter: the event, packed


def outcome_key(*, watch: str, handler: str, event: str, replay: str) -> str:
    """Name the entry of an event and a handler."""
    return stable_id("event", watch, handler, event, replay)


def stop_key(*, watch: str, handler: str) -> str:
    """Name the entry that says that a handler has stopped."""
    return stable_id("stop", watch, handler)


def copy_key(*, watch: str, handler: str, item: str) -> str:
    """Name the entry of the copy of a file."""
    return stable_id("copy", watch, handler, item)


def pack_body(data: bytes) -> bytes:
    """Pack an event to be kept; nothing of one that is too large."""
    packed = zlib.compress(data, 6)
    return packed if len(packed) <= LARGEST_BODY else b""


def unpack_body(packed: bytes) -> bytes:
    """Give the event that was packed."""
    return zlib.decompress(packed) if packed else b""
