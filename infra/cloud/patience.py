"""How long a call to a queue may take, and what it may lack."""

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


class NoTokenError(Exception):
    """There is no token now; the text holds nothing of an answer.

    Args:
        text: why.
        passing: whether it may be there a moment later.
    """

    def __init__(self, text: str, *, passing: bool) -> None:
        super().__init__(text)
        self.passing = passing
