"""The real time and real chance."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

from infra.chance import SystemChance
from infra.clock import SystemClock


def test_the_time_is_aware_and_in_utc() -> None:
    """A time without its zone is not a time."""
    before = datetime.now(UTC)
    now = SystemClock().now()
    assert now.utcoffset() == timedelta(0)
    assert before <= now <= datetime.now(UTC)


def test_sleeping_waits() -> None:
    """At least as long as asked."""
    begun = time.monotonic()
    SystemClock().sleep(timedelta(milliseconds=20))
    assert time.monotonic() - begun >= 0.02


def test_no_sleep_of_negative_length() -> None:
    """A wait that is over already is none."""
    SystemClock().sleep(timedelta(seconds=-1))


def test_ids_are_32_hexadecimal_digits_and_never_repeat() -> None:
    """Channel ids must be unique in the project and of characters that Google accepts."""
    ids = {SystemChance().new_id() for _ in range(1000)}
    assert len(ids) == 1000
    assert all(len(each) == 32 and set(each) <= set("0123456789abcdef") for each in ids)


def test_fractions_spread_over_the_whole_range() -> None:
    """Lots lie in [0, 1) and are not all alike."""
    lots = [SystemChance().fraction() for _ in range(1000)]
    assert 0 <= min(lots) < 0.1
    assert 0.9 < max(lots) < 1
