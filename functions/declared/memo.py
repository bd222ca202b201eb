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


@dataclass(frozen=True, slots=True, kw_only=True)
class Memo:
    """What one tick leaves for the next."""

    revision: str | None = None  # of the declarations
    grounds: str = ""  # what channels stand on: the fingerprint of the address and the keys
    restarted_at: datetime | None = None  # when this revision was first seen
    grounds_at: datetime | None = None  # when these grounds were first seen
    begun_at: datetime | None = None  # of a comparison that has not ended yet
    compared_at: datetime | None = None  # when the last one that ended began
    again: int = 0
    unlisted: tuple[Unlisted, ...] = ()

    @property
    def cut_short(self) -> bool:
        """Whether the last comparison has not ended: too long, dead, or still at it."""
        return self.begun_at is not None

    def wants(self, revision: str | None, grounds: str, now: datetime) -> bool:
        """Whether everything is to be compared now."""
        changed = revision != self.revision or grounds != self.grounds
        return changed or self.cut_short or self.again > 0 or self._is_old(now)

    def begin(self, revision: str | None, grounds: str, now: datetime) -> Memo:
        """Note that a comparison begins; what has changed counts from now on."""
        since = max(now, self._since + datetime.resolution) if self._since else now
        memo = replace(self, begun_at=now)
        if revision != self.revision:
            memo = replace(memo, revision=revision, restarted_at=since, again=COMPARE_AGAIN + 1)
        if grounds != self.grounds:
            memo = replace(memo, grounds=grounds, grounds_at=since)
        return memo

    def end(self) -> Memo:
        """Note that it has come to its end."""
        return replace(self, begun_at=None, compared_at=self.begun_at, again=max(self.again - 1, 0))

    def occasion(self, now: datetime) -> Occasion:
        """Give why everything is compared."""
        return Occasion(now=now, restarted_at=self.restarted_at, grounds_at=self.grounds_at)

    @property
    def _since(self) -> datetime | None:
        return max(filter(None, (self.restarted_at, self.grounds_at)), default=None)

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
