"""Counts how the watches stand, for one line a comparison that metrics and alerts are made of."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from functions.domain import coverage
from functions.domain.errors import Invalid
from functions.domain.model import Progress, Watch

# A channel is replaced at half its life: when only this part is left, that has long failed.
LAST_PART = 5
SOON = timedelta(hours=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How many watches there are, and how many of them are in which trouble."""

    watches: int
    uncovered: int  # want a channel and have none that covers
    ending: int  # are covered, but the last channel has nearly run out
    parked: int


def standing_of(
    watches: Iterable[tuple[Watch | Invalid, Progress | None]], now: datetime
) -> Standing:
    """Count; a watch that has not been read yet is in no trouble."""
    pairs = list(watches)
    wanting = [
        progress
        for watch, progress in pairs
        if progress is not None
        and progress.baseline_at is not None
        and isinstance(watch, Watch)
        and coverage.counts(watch, progress)
    ]
    return Standing(
        watches=len(pairs),
        uncovered=sum(_left(progress, now) <= timedelta(0) for progress in wanting),
        ending=sum(timedelta(0) < _left(progress, now) <= _last(progress) for progress in wanting),
        parked=sum(progress is not None and progress.verdict.parks for _, progress in pairs),
    )


def _left(progress: Progress, now: datetime) -> timedelta:
    return (progress.covered_until or now) - now


def _last(progress: Progress) -> timedelta:
    granted = timedelta(seconds=progress.granted_seconds or 0)
    return min(granted / LAST_PART, SOON)
