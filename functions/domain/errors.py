"""The errors of Watchkeeper: each type says whether to try again, when, and with which status.

Adapters translate foreign exceptions into these at their own border. Texts are short and never
carry a secret or a body.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from functions.domain.model import Verdict

LONGEST_TEXT = 256


@dataclass(eq=False)
class Trouble(Exception):
    """What went wrong, in one sentence for a person."""

    text: str

    status = 500

    def __post_init__(self) -> None:
        """Cut the text: what an API answers may be a whole page."""
        self.text = " ".join(self.text.split())[:LONGEST_TEXT]

    def __str__(self) -> str:
        """Give the sentence."""
        return self.text


class Invalid(Trouble):
    """Malformed from outside: a retry cannot mend it."""

    status = 400


class Unverified(Trouble):
    """A notification that proves nothing: the same answer, whatever is missing."""

    status = 401


class TooLarge(Trouble):
    """A body over the limit."""

    status = 413


@dataclass(eq=False)
class Unavailable(Trouble):
    """Not now: try again, after `delay` if whoever refused has named one."""

    delay: timedelta | None = None
    asked: bool = False  # the delay is the other side's wish, not our guess

    status = 503


class RateLimited(Unavailable):
    """A quota is used up: the other side wants to be left alone for a while."""


class Unanswered(Unavailable):
    """Sent, and no answer came: it may or may not have happened."""


@dataclass(eq=False)
class Refused(Trouble):
    """Google says no for good: park the watch under this verdict."""

    verdict: Verdict = Verdict.INVALID


class Unwatchable(Trouble):
    """This resource can be read but sends no notifications: poll it."""


class BadAddress(Trouble):
    """Google does not accept our address: a configuration error that concerns every watch."""


class ChannelExists(Trouble):
    """The channel id is taken: for a record of ours it means that Google has opened it."""


class CursorExpired(Trouble):
    """The cursor is void: list everything anew."""


class Conflict(Trouble):
    """A conditional write lost: somebody else was there; look again."""


@dataclass(eq=False)
class Misconfigured(Trouble):
    """A setting or a file of the operator's is wrong; the text says which, and what is allowed."""

    full: str = ""  # all of it, line by line, for the operator's own terminal

    def __post_init__(self) -> None:
        """Keep the whole text beside the short one."""
        self.full = self.full or self.text
        super().__post_init__()
