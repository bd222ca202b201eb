"""The account of gaps: it is right whoever looks, and however often."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.domain.coverage import confirmed, settle, uncovered
from functions.domain.model import Progress
from tests.functions.examples import (
    GROUNDS,
    HOUR,
    MINUTE,
    NOW,
    SECOND,
    channel,
    progress,
)

NEVER = timedelta(0)


def look(account: Progress, at: timedelta, *ends: timedelta, counting: bool = True) -> Progress:
    """Settle at a time with channels that end at these."""
    channels = [channel(f"c{n}", expiration=NOW + end) for n, end in enumerate(ends)]
    return settle(account, channels, now=NOW + at, grounds=GROUNDS, counting=counting)


def test_time_before_the_first_confirmation_is_no_gap() -> None:
    """A watch that was never covered has nothing to lose; its account opens with its channel."""
    account = look(look(progress(), 0 * HOUR), 5 * HOUR)
    assert account.uncovered_seconds == 0
    assert account.first_confirmed_at is None
    assert look(account, 6 * HOUR, 7 * HOUR).first_confirmed_at == NOW + 6 * HOUR


def test_a_gap_counts_from_the_end_of_coverage() -> None:
    """A channel that ended between two looks leaves a gap that began when it ended."""
    account = look(look(progress(), NEVER, HOUR), 3 * HOUR, 4 * HOUR)
    assert account.uncovered_seconds == 2 * 3600
    assert look(account, 4 * HOUR).uncovered_seconds == 2 * 3600


def test_overlapping_channels_cover_once_and_to_the_last_end() -> None:
    """What two channels cover at a time is no more than covered, and the later end counts."""
    account = look(progress(), NEVER, HOUR, 3 * HOUR, 2 * HOUR)
    assert look(account, 3 * HOUR).uncovered_seconds == 0
    assert look(account, 3 * HOUR + SECOND).uncovered_seconds == 1


def test_a_channel_lost_before_its_end_leaves_a_gap_from_the_look_on() -> None:
    """What stops covering early (stopped, another address) is known from the look that sees it."""
    account = look(look(progress(), NEVER, 9 * HOUR), HOUR)
    assert look(account, 3 * HOUR).uncovered_seconds == 2 * 3600


def test_time_that_does_not_count_is_left_out_whole() -> None:
    """From the look that finds a watch paused or parked to the one that finds it back: no gap."""
    account = look(look(progress(), NEVER, HOUR), HOUR, counting=False)
    account = look(account, 50 * HOUR)
    assert account.uncovered_seconds == 0
    assert uncovered(account, NOW + 51 * HOUR) == 3600


_ends = st.lists(st.integers(1, 200), max_size=3)
_looks = st.lists(st.tuples(st.integers(1, 60), _ends, st.booleans()), min_size=1, max_size=12)


@given(_looks)
def test_the_account_is_the_sum_of_the_gaps(looks: list[tuple[int, list[int], bool]]) -> None:
    """Invariant: counted is what lies between two looks that count, after the last known end."""
    account, at, expected = progress(), 0, 0
    since: int | None = None  # up to when it is accounted, if it is
    until = 0
    for step, ends, counting in looks:
        at += step
        if since is not None and counting:
            expected += max(0, at - max(since, until))
        account = look(
            account, at * SECOND, *((at + end) * SECOND for end in ends), counting=counting
        )
        until = at + max(ends, default=0)
        since = at if counting and account.first_confirmed_at else None
    assert account.uncovered_seconds == expected


@given(_looks, st.integers(0, 59))
def test_one_look_more_changes_nothing(looks: list[tuple[int, list[int], bool]], when: int) -> None:
    """Invariant: how often somebody looks at the same channels makes no difference."""
    once = twice = progress()
    at = 0
    for step, ends, _ in looks:
        at += step
        times = [(at + end) * SECOND for end in ends]
        once, twice = look(once, at * SECOND, *times), look(twice, at * SECOND, *times)
        between = at * SECOND + min(when, step) * SECOND
        at += step
        twice = look(twice, between, *times)
    assert uncovered(once, NOW + at * SECOND) == uncovered(twice, NOW + at * SECOND)


@given(_looks, st.integers(0, 500), _ends)
def test_what_is_shown_is_what_would_be_settled(
    looks: list[tuple[int, list[int], bool]], later: int, ends: list[int]
) -> None:
    """Invariant: the status of a watch that counts equals the account, were it settled now."""
    account, at = progress(), 0
    for step, known, counting in looks:
        at += step
        account = look(
            account, at * SECOND, *((at + end) * SECOND for end in known), counting=counting
        )
    now = (at + later) * SECOND
    settled = look(account, now, *((at + end) * SECOND for end in ends))
    assert uncovered(account, NOW + now) == settled.uncovered_seconds


@given(_ends, st.integers(1, 200), st.tuples(st.integers(0, 100), st.booleans()))
def test_a_confirmation_settles_like_a_look(
    ends: list[int], end: int, when: tuple[int, bool]
) -> None:
    """Invariant: noting one confirmed channel comes to what a look at all channels would find."""
    later, counting = when
    now = later * SECOND
    others = [each * SECOND for each in ends if each > later]
    account = look(progress(), NEVER, *others)
    fresh = channel("fresh", expiration=NOW + now + end * SECOND)
    noted = confirmed(account, fresh, now=NOW + now, grounds=GROUNDS, counting=counting)
    assert noted == look(account, now, *others, now + end * SECOND, counting=counting)


@pytest.mark.parametrize(
    "fields", [{"confirmed_at": None}, {"address": "other"}, {"expiration": NOW}]
)
def test_what_does_not_cover_confirms_nothing(fields: dict[str, Any]) -> None:
    """A message of a channel for an old address, or of an expired one, changes no account."""
    account = look(progress(), NEVER)
    after = confirmed(account, channel(**fields), now=NOW, grounds=GROUNDS, counting=True)
    assert after == account


def at_minute(number: int) -> datetime:
    """Give a time."""
    return NOW + number * MINUTE


def test_a_parked_watch_resumes_with_a_clean_account() -> None:
    """Resumed by a message after hours: the gap before counts, the parked time does not."""
    account = look(progress(), NEVER, 10 * MINUTE)
    account = look(account, 12 * MINUTE)
    account = look(account, 13 * MINUTE, counting=False)
    account = confirmed(account, channel(), now=at_minute(400), grounds=GROUNDS, counting=True)
    assert account.uncovered_seconds == 120
