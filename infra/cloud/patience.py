"""How long a call to a queue may take."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How long a call may take: one try, and all tries together."""

    each: timedelta
    whole: timedelta


AT_ONCE = Patience(each=timedelta(seconds=3), whole=timedelta(seconds=8))
AT_EASE = Patience(each=timedelta(seconds=20), whole=timedelta(seconds=60))
