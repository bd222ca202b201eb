"""When a watch is next due: the earlier of its pull and its look, wherever either is set."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from functions.domain.model import Progress, Watch

SPREAD = 0.1  # of the poll: watches that were declared together are not polled together
LONGEST_BACKOFF = timedelta(days=2)


def scheduled(progress: Progress) -> Progress:
    """Give the progress with `due_at` as its other fields want it."""
    times = [time for time in (progress.pull_at, progress.look_at) if time is not None]
    return replace(progress, due_at=min(times, default=None))


def next_poll(watch: Watch, now: datetime, spread: float) -> datetime:
    """When the fall-back poll is due, `spread` in [0, 1) earlier by up to a tenth."""
    return now + watch.poll * (1 - SPREAD * spread)


def pull_by(progress: Progress, at: datetime) -> Progress:
    """Have the watch pulled at `at` or earlier."""
    sooner = at if progress.pull_at is None else min(progress.pull_at, at)
    return scheduled(replace(progress, pull_at=sooner))


def look_by(progress: Progress, at: datetime) -> Progress:
    """Have the watch's channels looked at at `at` or earlier."""
    sooner = at if progress.look_at is None else min(progress.look_at, at)
    return scheduled(replace(progress, look_at=sooner))


def is_leased(progress: Progress, now: datetime, lease: timedelta) -> bool:
    """Whether a pull is under way; a lease longer than any is a clock that jumped."""
    return (
        progress.lease is not None
        and progress.lease_until is not None
        and now < progress.lease_until <= now + lease
    )


def is_held_back(progress: Progress, now: datetime) -> bool:
    """Whether a back-off is running; one longer than any is a clock that jumped."""
    return progress.retry_at is not None and now < progress.retry_at <= now + LONGEST_BACKOFF


def released(progress: Progress) -> Progress:
    """Give the lease back."""
    return scheduled(replace(progress, lease=None, lease_until=None))
