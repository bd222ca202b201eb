"""When a watch is due: always the earlier of pull and look, and never held up by a jumped clock."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.domain.model import Progress
from functions.schedule import (
    is_held_back,
    is_leased,
    look_by,
    next_poll,
    pull_by,
    released,
    scheduled,
)
from tests.functions.examples import DAY, HOUR, MINUTE, NOW, SECOND, WATCH, progress

LEASE = 5 * MINUTE
times = st.timedeltas(-DAY, DAY).map(NOW.__add__)
some = st.none() | times


def earlier(*given: datetime | None) -> datetime | None:
    """Give the earliest of the times that are set."""
    return min((each for each in given if each is not None), default=None)


@given(some, some)
def test_due_is_the_earlier_of_pull_and_look(pull: datetime | None, look: datetime | None) -> None:
    """Invariant: whichever is set and earlier; nothing is due if neither is set."""
    assert scheduled(progress(pull_at=pull, look_at=look)).due_at == earlier(pull, look)


@given(some, some, times)
def test_asking_for_a_pull_or_a_look_never_delays_it(
    pull: datetime | None, look: datetime | None, at: datetime
) -> None:
    """Invariant: whoever wants it sooner gets it sooner, whoever wants it later changes nothing."""
    known = scheduled(progress(pull_at=pull, look_at=look))
    pulled, looked = pull_by(known, at), look_by(known, at)
    assert (pulled.pull_at, pulled.look_at) == (earlier(pull, at), look)
    assert (looked.pull_at, looked.look_at) == (pull, earlier(look, at))
    assert pulled.due_at == looked.due_at == earlier(pull, look, at)


@given(st.floats(0, 1, exclude_max=True))
def test_polls_are_spread_and_never_late(spread: float) -> None:
    """Invariant: within the last tenth of the declared poll, so that many do not meet."""
    assert NOW + WATCH.poll * 0.9 <= next_poll(WATCH, NOW, spread) <= NOW + WATCH.poll


@pytest.mark.parametrize(
    ("until", "is_so"),
    [
        (None, False),
        (NOW - SECOND, False),
        (NOW, False),
        (NOW + SECOND, True),
        (NOW + LEASE, True),
        (NOW + LEASE + SECOND, False),
    ],
)
def test_a_lease_holds_until_its_time_and_no_longer_than_any(
    until: datetime | None, is_so: object
) -> None:
    """One that would hold longer than leases last was taken by a clock that was ahead."""
    assert is_leased(progress(lease="l", lease_until=until), NOW, LEASE) is is_so
    assert not is_leased(progress(lease=None, lease_until=until), NOW, LEASE)


def test_a_lease_given_back_holds_nothing() -> None:
    """Whoever comes next may pull; what is due stays due."""
    known = progress(lease="l", lease_until=NOW + MINUTE, pull_at=NOW + HOUR)
    after = released(known)
    assert not is_leased(after, NOW, LEASE)
    assert after.due_at == NOW + HOUR


@pytest.mark.parametrize(
    ("until", "is_so"),
    [
        (None, False),
        (NOW, False),
        (NOW + SECOND, True),
        (NOW + 2 * DAY, True),
        (NOW + 2 * DAY + SECOND, False),
    ],
)
def test_a_back_off_holds_until_its_time_and_no_longer_than_any(
    until: datetime | None, is_so: object
) -> None:
    """A back-off of years was stored by a clock that was wrong."""
    known: Progress = progress(retry_at=until)
    assert is_held_back(known, NOW) is is_so


def test_the_longest_back_off_is_a_back_off() -> None:
    """What the rules of back-off give, and what Google may ask for, is within what is believed."""
    assert is_held_back(progress(retry_at=NOW + timedelta(hours=24)), NOW)
