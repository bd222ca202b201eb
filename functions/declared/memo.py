"""Remembers, from tick to tick, what was compared: kept in `control/renew`.

A comparison is noted when it begins and when it ends, so that one that was cut short (too much to
do, or its process died) goes on where it was and is known to have been cut short.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from functions.declared.comparison import Occasion
from functions.declared.unlisted import FIELD, Unlisted, read_unlisted
from functions.domain.fields import salvage, to_fields

CONTROL = "renew"
COMPARE_EVERY = timedelta(minutes=15)
COMPARE_AGAIN = 2  # ticks after a change of the declarations: Terraform deletes after it writes
LONGEST = timedelta(minutes=2)  # no tick works longer: one that began before that has died


@dataclass(frozen=True, slots=True, kw_only=True)
class Memo:
    """What one tick leaves for the next."""

    revision: str | None = None  # of the declarations
    grounds: str = ""  # what channels stand on: the fingerprint of the address and the keys
    restarted_at: datetime | None = None  # when this revision was first seen
    grounds_at: datetime | None = None  # when these grounds were first seen
    begun_at: datetime | None = None  # of a comparison that has not come back yet
    left: int = 0  # watches for which the last one had no time
    compared_at: datetime | None = None  # when the last one that left nothing began
    again: int = 0
    unlisted: tuple[Unlisted, ...] = ()

    def cut_short(self, now: datetime) -> bool:
        """Whether the last comparison had no time for all, or has died."""
        return self.left > 0 or (self.begun_at is not None and not self._is_going_on(now))

    def wants(self, revision: str | None, grounds: str, now: datetime) -> bool:
        """Whether everything is to be compared now."""
        if revision != self.revision or grounds != self.grounds:
            return True
        if self._is_going_on(now):
            return False
        return self.cut_short(now) or self.again > 0 or self._is_old(now)

    def begin(self, revision: str | None, grounds: str, now: datetime) -> Memo:
        """Note that a comparison begins; what has changed counts from now on."""
        since = max(now, self._since + datetime.resolution) if self._since else now
        memo = replace(self, begun_at=now)
        if revision != self.revision:
            memo = replace(memo, revision=revision, restarted_at=since, again=COMPARE_AGAIN + 1)
        if grounds != self.grounds:
            memo = replace(memo, grounds=grounds, grounds_at=since)
        return memo

    def is_of(self, other: Memo) -> bool:
        """Whether both tell of one beginning; any other differs in when, or in what for."""
        mine = (self.begun_at, self.restarted_at, self.grounds_at)
        return mine == (other.begun_at, other.restarted_at, other.grounds_at)

    def end(self, left: int = 0) -> Memo:
        """Note that it came back, and how many watches it left."""
        memo = replace(self, begun_at=None, left=left)
        if left:
            return memo
        return replace(memo, compared_at=self.begun_at, again=max(self.again - 1, 0))

    def occasion(self, now: datetime) -> Occasion:
        """Give why everything is compared."""
        return Occasion(now=now, restarted_at=self.restarted_at, grounds_at=self.grounds_at)

    @property
    def _since(self) -> datetime | None:
        return max(filter(None, (self.restarted_at, self.grounds_at)), default=None)

    def _is_going_on(self, now: datetime) -> bool:
        return self.begun_at is not None and self.begun_at <= now < self.begun_at + LONGEST

    def _is_old(self, now: datetime) -> bool:
        return self.compared_at is None or not (
            self.compared_at <= now < self.compared_at + COMPARE_EVERY
        )


def read_memo(document: Mapping[str, Any] | None) -> Memo:
    """Read what is stored; what somebody has edited into nonsense is as if it were not there."""
    plain = {name: value for name, value in (document or {}).items() if name != FIELD}
    memo, _ = salvage(Memo, plain)
    return replace(memo or Memo(), unlisted=read_unlisted(document))


def memo_fields(memo: Memo) -> dict[str, Any]:
    """Give what is written."""
    return to_fields(memo)
