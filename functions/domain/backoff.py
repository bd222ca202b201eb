"""How long to wait after failures: growing, bounded, spread. Whoever waits stores until when."""

from __future__ import annotations

from datetime import timedelta

from functions.domain.model import Verdict

PULL_FIRST = timedelta(seconds=2)
PULL_LONGEST = timedelta(minutes=15)
OPEN_FIRST = timedelta(minutes=1)
OPEN_LONGEST = timedelta(hours=6)
RATE_FIRST = timedelta(minutes=1)
RATE_LONGEST = timedelta(hours=6)
RESYNC_FIRST = timedelta(minutes=5)
RESYNC_LONGEST = timedelta(hours=6)
RESYNC_POLLS = 4
SLOT_WAIT = timedelta(seconds=20)
SHORT_LIFE = timedelta(hours=24)
MOST_DOUBLINGS = 20  # enough from any first wait to any longest, and no day count overflows

# A verdict has its own calendar: what an administrator must mend is looked at now and then.
PARKED = {
    Verdict.UNAUTHORIZED: timedelta(hours=1),
    Verdict.NOT_FOUND: timedelta(hours=6),
    Verdict.INVALID: timedelta(hours=6),
    Verdict.UNWATCHABLE: timedelta(hours=24),
}


def grow(failures: int, *, first: timedelta, longest: timedelta, spread: float) -> timedelta:
    """Double from `first` to `longest`, less up to a quarter by `spread` in [0, 1)."""
    doubled: timedelta = first * (1 << min(max(failures - 1, 0), MOST_DOUBLINGS))
    return min(doubled, longest) * (1 - spread / 4)


def pull_delay(failures: int, spread: float) -> timedelta:
    """Give the wait after the n-th failed pull in a row."""
    return grow(failures, first=PULL_FIRST, longest=PULL_LONGEST, spread=spread)


def rate_delay(failures: int, spread: float) -> timedelta:
    """Give the wait after the n-th refusal for a quota."""
    return grow(failures, first=RATE_FIRST, longest=RATE_LONGEST, spread=spread)


def open_delay(failures: int, life: timedelta | None, spread: float) -> timedelta:
    """Give the wait after the n-th channel in a row that could not be opened or confirmed.

    A minute to six hours; for a channel of a short life in proportion, or it would be over.
    """
    first, longest = OPEN_FIRST, OPEN_LONGEST
    if life is not None and life < SHORT_LIFE:
        first, longest = min(first, life / 60), min(longest, life / 4)
    return grow(failures, first=first, longest=longest, spread=spread)


def parked_delay(verdict: Verdict, failures: int, spread: float) -> timedelta:
    """Give the wait until a parked or unwatchable watch is tried again: rarely, then daily."""
    first = PARKED.get(verdict, timedelta(hours=6))
    return grow(failures, first=first, longest=timedelta(hours=24), spread=spread)


def resync_delay(resyncs: int, poll: timedelta) -> timedelta:
    """Give the wait before the cursor, refused again after n resyncs, leads to another.

    It grows to a few polls: a calendar whose tokens never last is told of late, but told of.
    """
    longest = min(RESYNC_LONGEST, poll * RESYNC_POLLS)
    return grow(resyncs, first=min(RESYNC_FIRST, poll), longest=longest, spread=0.0)
