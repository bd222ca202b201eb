"""The plan of a watch's channels, rule by rule: what is opened, replaced, given up, waited for."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from functions.domain.coverage import Grounds
from functions.domain.plan import (
    ADOPTED,
    GIVEN_UP,
    UNANSWERED,
    Plan,
    confirm_by,
    replace_at,
)
from tests.functions.domain.planning import WEEK, deeds, planned, retiring, silent
from tests.functions.examples import (
    ADDRESS,
    DAY,
    HOUR,
    MINUTE,
    NOW,
    SECOND,
    channel,
    opening,
    progress,
)


def test_a_watch_without_a_channel_gets_one() -> None:
    """Nothing covers it, so a channel is opened at once."""
    assert deeds(planned()) == ["open"]


def test_a_covered_watch_is_left_alone_until_its_replacement() -> None:
    """One confirmed channel is all there is to have; the next look is when it is to be replaced."""
    one = channel()
    assert planned(one) == Plan(look_at=replace_at(one))


@pytest.mark.parametrize(
    ("life", "latest"),
    [(10 * SECOND, 5 * SECOND), (HOUR, 30 * MINUTE), (DAY, 12 * HOUR), (WEEK, DAY)],
)
@pytest.mark.parametrize("name", ["c-00", "c-ff", "no digits at all"])
def test_a_channel_is_replaced_by_half_its_life_and_within_a_day(
    name: str, life: timedelta, latest: timedelta
) -> None:
    """By what Google granted, spread over a tenth by the id, and never later than 24 h."""
    one = channel(name, age=timedelta(0), life=life)
    assert NOW + latest * 0.9 <= replace_at(one) <= NOW + latest
    due = replace(one, opened_at=NOW - latest, expiration=NOW - latest + life)
    assert deeds(planned(due)) == ["open"]


def test_what_was_granted_counts_not_what_was_asked() -> None:
    """Asked for a week and granted an hour, it is replaced within the hour."""
    one = channel(age=31 * MINUTE, life=HOUR, asked_until=NOW + WEEK)
    assert deeds(planned(one)) == ["open"]


def test_the_old_channel_stays_until_the_new_one_is_confirmed() -> None:
    """Opened, answered, silent: until a message of the new one has come, the old one covers."""
    old = channel("old", age=13 * HOUR)
    assert deeds(planned(old, opening("new"))) == []
    assert deeds(planned(old, silent("new", age=SECOND))) == []
    assert deeds(planned(old, channel("new", age=SECOND))) == ["stop old"]


def test_the_newest_confirmed_channel_is_the_one_that_stays() -> None:
    """Of several that cover all but the youngest go; a younger one on its way may still come."""
    made = planned(channel("a", age=3 * HOUR), channel("b", age=2 * HOUR), channel("c", age=HOUR))
    assert deeds(made) == ["stop a", "stop b"]
    assert deeds(planned(channel("a", age=HOUR), silent("b", age=2 * HOUR))) == ["stop b"]


@pytest.mark.parametrize(
    "fields",
    [{"address": "https://old-tunnel.example.com/receive"}, {"key_id": "withdrawn"}],
    ids=["another address", "a withdrawn key"],
)
def test_a_channel_that_covers_nothing_is_replaced_at_once(fields: dict[str, Any]) -> None:
    """Its messages do not reach us, or do not verify: out with it, and in with another."""
    assert deeds(planned(channel(**fields))) == ["stop c1", "open"]
    assert deeds(planned(silent(**fields))) == ["stop c1", "open"]
    assert deeds(planned(opening(**fields))) == ["retire c1", "open"]
    assert deeds(planned(channel("good", age=HOUR), channel("new", **fields))) == ["stop new"]


def test_an_unreadable_ring_replaces_nothing() -> None:
    """An outage of the keys judges no channel."""
    grounds = Grounds(address=ADDRESS, keys=None)
    assert deeds(planned(channel(key_id="any"), grounds=grounds)) == []


# --- channels that are not confirmed -------------------------------------------------------------


@pytest.mark.parametrize(
    ("life", "wait"),
    [(10 * SECOND, 2 * SECOND), (10 * MINUTE, 2 * MINUTE), (HOUR, 5 * MINUTE), (WEEK, 5 * MINUTE)],
)
def test_a_silent_channel_is_given_up_after_a_fifth_of_its_life(
    life: timedelta, wait: timedelta
) -> None:
    """At most after five minutes: stopped first, and another opened only after that."""
    one = silent(age=timedelta(0), life=life)
    assert confirm_by(one) == NOW + wait
    assert planned(one, now=NOW + wait - SECOND) == Plan(look_at=NOW + wait)
    late = planned(one, now=NOW + wait)
    assert deeds(late) == ["stop c1"]
    assert late.given_up
    assert late.look_at == NOW + wait


def test_an_older_channel_stays_while_new_ones_are_given_up() -> None:
    """It goes on covering, due for replacement or not."""
    old = channel("old", age=13 * HOUR)
    made = planned(old, silent("new", age=6 * MINUTE))
    assert deeds(made) == ["stop new"]
    assert made.given_up


def test_the_next_one_waits_for_the_back_off() -> None:
    """Until then nothing is opened; then it is."""
    waiting = progress(open_after=NOW + MINUTE)
    assert planned(known=waiting) == Plan(look_at=NOW + MINUTE)
    assert deeds(planned(known=waiting, now=NOW + MINUTE)) == ["open"]


def test_never_do_more_than_two_live() -> None:
    """One that was given up and could not be stopped yet stands in the way of a third."""
    old = channel("old", age=13 * HOUR)
    stuck = retiring("stuck", GIVEN_UP, stop_after=NOW + MINUTE)
    made = planned(old, stuck)
    assert made == Plan(look_at=NOW + MINUTE)
    assert deeds(planned(old, replace(stuck, stop_after=NOW))) == ["stop stuck"]


@pytest.mark.parametrize(
    "fields",
    [{"resource_id": None, "why": UNANSWERED}, {"why": ADOPTED}, {"unstoppable": True}],
    ids=["never answered", "adopted", "a tombstone"],
)
def test_what_is_no_channel_of_ours_does_not_count_as_one_of_two(fields: dict[str, Any]) -> None:
    """One that may not exist, one whose record was lost, one that nobody may stop: none counts."""
    old, other = channel("old", age=13 * HOUR), retiring("other", **fields)
    assert "open" in deeds(planned(old, other))
