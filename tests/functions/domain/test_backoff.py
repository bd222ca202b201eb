"""Back-offs: they grow, they are bounded, they are spread."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from functions.domain import backoff
from functions.domain.model import Verdict

HOUR = timedelta(hours=1)

Delay = Callable[[int, float], timedelta]


def open_delay(life: timedelta | None) -> Delay:
    """Give the back-off of opening for channels of one life."""
    return lambda failures, spread: backoff.open_delay(failures, life, spread)


def parked_delay(verdict: Verdict) -> Delay:
    """Give the calendar of one verdict."""
    return lambda failures, spread: backoff.parked_delay(verdict, failures, spread)


spreads = st.floats(0, 1, exclude_max=True)
lives = st.none() | st.timedeltas(timedelta(seconds=10), timedelta(days=7))
delays = (
    st.sampled_from([backoff.pull_delay, backoff.rate_delay])
    | lives.map(open_delay)
    | st.sampled_from(Verdict).map(parked_delay)
)


@given(delays, st.integers(0, 10**9), spreads)
@example(parked_delay(Verdict.UNWATCHABLE), 31, 0.0)
@example(parked_delay(Verdict.UNWATCHABLE), 10**9, 0.0)
def test_a_wait_is_positive_and_bounded(delay: Delay, failures: int, spread: float) -> None:
    """Invariant: whatever the number of failures, a wait is longer than nothing and a day at most.

    So a watch that fails for years, as that of a calendar that sends no notifications, is still
    tried now and then.
    """
    assert timedelta(0) < delay(failures, spread) <= timedelta(hours=24)


@given(delays, st.integers(0, 100), spreads)
def test_a_wait_never_shrinks_with_failures(delay: Delay, failures: int, spread: float) -> None:
    """Invariant: one failure more never makes the wait shorter, chance being equal."""
    assert delay(failures, spread) <= delay(failures + 1, spread)


@given(delays, st.integers(0, 100), spreads)
def test_chance_takes_off_up_to_a_quarter(delay: Delay, failures: int, spread: float) -> None:
    """Invariant: spreading shortens a wait by at most a quarter, and never lengthens it."""
    whole = delay(failures, 0.0)
    assert whole * 0.749 <= delay(failures, spread) <= whole


@given(st.integers(1, 100), st.timedeltas(timedelta(seconds=10), timedelta(hours=24)))
def test_a_short_life_has_time_for_several_tries(failures: int, life: timedelta) -> None:
    """Invariant: no wait for a channel is longer than a quarter of the life it would have."""
    assert backoff.open_delay(failures, life, 0.0) <= max(life / 4, timedelta(microseconds=1))


def test_opening_waits_a_minute_to_six_hours() -> None:
    """Of a long life the first wait is a minute, each doubles, and none is over six hours."""
    waits = [backoff.open_delay(n, timedelta(days=7), 0.0) for n in range(1, 12)]
    assert waits[:4] == [timedelta(minutes=n) for n in (1, 2, 4, 8)]
    assert waits[-1] == 6 * HOUR


def test_pulling_and_quotas_wait_as_told() -> None:
    """A failed pull is repeated after seconds, a used quota after minutes, both up to a bound."""
    assert [backoff.pull_delay(n, 0.0).total_seconds() for n in (0, 1, 2, 3)] == [2, 2, 4, 8]
    assert backoff.pull_delay(99, 0.0) == timedelta(minutes=15)
    assert backoff.rate_delay(1, 0.0) == timedelta(minutes=1)
    assert backoff.rate_delay(99, 0.0) == 6 * HOUR


@pytest.mark.parametrize(
    ("verdict", "hours"),
    [
        (Verdict.UNAUTHORIZED, [1, 2, 4, 8, 16, 24, 24]),
        (Verdict.NOT_FOUND, [6, 12, 24, 24]),
        (Verdict.INVALID, [6, 12, 24, 24]),
        (Verdict.UNWATCHABLE, [24, 24]),
    ],
)
def test_what_somebody_must_mend_is_tried_rarely(verdict: Verdict, hours: list[int]) -> None:
    """A parked watch is looked at after hours, then once a day."""
    waits = [backoff.parked_delay(verdict, n, 0.0) for n in range(1, len(hours) + 1)]
    assert waits == [hour * HOUR for hour in hours]


@given(st.integers(0, 10**9), st.timedeltas(timedelta(minutes=1), timedelta(days=3650)))
def test_a_cursor_that_never_lasts_is_renewed_ever_more_rarely(
    resyncs: int, poll: timedelta
) -> None:
    """Invariant: at once for nobody, later with each time, and bounded by polls and by a length."""
    wait = backoff.resync_delay(resyncs, poll)
    assert timedelta(0) < wait <= backoff.resync_delay(resyncs + 1, poll)
    assert wait <= min(backoff.RESYNC_LONGEST, poll * backoff.RESYNC_POLLS)
