"""The signing keys in a file: a mounted secret in the cloud, a file of the operator's elsewhere.

`receive` imports this in its cold start: nothing of Google's, and little else.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from functions.domain.errors import Invalid, Trouble, Unavailable
from functions.domain.keyring import Ring, parse_ring

if TYPE_CHECKING:
    from functions.ports import Clock

MAX_AGE = timedelta(minutes=5)
# Anybody may send us a key id that we do not know: that must not make us read all the time.
PAUSE = timedelta(seconds=10)

Look = Callable[[Path], object]


class FileKeys:
    """The port `Keys` on a file that is read again when it is old or a new key is asked for.

    Args:
        path: the file, in the format of `functions.domain.keyring`.
        clock: what tells the age of what was read.
        max_age: how long a ring is kept.
        look: cheap, gives another value once the file has changed; None where nothing is cheap
            (each access to a mounted secret is a request to Secret Manager).
            https://cloud.google.com/run/docs/configuring/services/secrets#access-secret
    """

    def __init__(
        self, path: Path, *, clock: Clock, max_age: timedelta = MAX_AGE, look: Look | None = None
    ) -> None:
        self._path = path
        self._clock = clock
        self._max_age = max_age
        self._look = look
        self._lock = threading.Lock()
        self._ring: Ring | None = None
        self._seen: object = None
        self._read_at: datetime | None = None
        self._asked_at: datetime | None = None

    def ring(self, *, wanted: str | None = None) -> Ring:
        with self._lock:
            now = self._clock.now()
            seen = self._glance()
            if self._ring is None or seen != self._seen or not self._is_young(now):
                return self._read(now, seen)
            if wanted is None or self._ring.find(wanted) or _within(now, self._asked_at, PAUSE):
                return self._ring
            self._asked_at = now
            return self._read(now, seen)

    def _is_young(self, now: datetime) -> bool:
        return _within(now, self._read_at, self._max_age)

    def _glance(self) -> object:
        if self._look is None:
            return None
        try:
            return self._look(self._path)
        except (OSError, Trouble) as failure:
            raise _unreadable(self._path, failure) from failure

    def _read(self, now: datetime, seen: object) -> Ring:
        try:
            ring = parse_ring(self._path.read_bytes().decode())
        except (OSError, UnicodeDecodeError, Invalid) as failure:
            raise _unreadable(self._path, failure) from None
        self._ring, self._seen, self._read_at = ring, seen, now
        return ring


def _within(now: datetime, then: datetime | None, length: timedelta) -> bool:
    # A clock that was set back makes nothing young again.
    return then is not None and timedelta() <= now - then < length


def _unreadable(path: Path, failure: Exception) -> Unavailable:
    # Only our own texts are sure not to quote what they could not read.
    reason = str(failure) if isinstance(failure, Trouble) else type(failure).__name__
    return Unavailable(f"the signing keys in {path.name} cannot be read: {reason}")
