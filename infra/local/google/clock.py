"""The simulated Google's clock: real time plus whatever it was advanced by."""

import time
from datetime import UTC, datetime
from email.utils import formatdate


class Clock:
    """Tells the simulated time in seconds since 1970; may only be moved forward."""

    def __init__(self) -> None:
        self._ahead = 0.0

    def now(self) -> float:
        """Tell the simulated time."""
        return time.time() + self._ahead

    def advance(self, seconds: float) -> float:
        """Move the clock forward and tell the new time."""
        if seconds < 0:
            msg = "the clock moves forward only"
            raise ValueError(msg)
        self._ahead += seconds
        return self.now()


def rfc3339(at: float) -> str:
    """Write a time as Google's resources do: UTC, milliseconds, `Z`."""
    whole = datetime.fromtimestamp(at, UTC)
    return f"{whole:%Y-%m-%dT%H:%M:%S}.{whole.microsecond // 1000:03d}Z"


def parse_rfc3339(text: str) -> float:
    """Read a time with or without a zone (none means UTC); ValueError if it is none."""
    when = datetime.fromisoformat(text)
    return (when if when.tzinfo else when.replace(tzinfo=UTC)).timestamp()


def http_date(at: float) -> str:
    """Write a time as HTTP headers do."""
    return formatdate(at, usegmt=True)
