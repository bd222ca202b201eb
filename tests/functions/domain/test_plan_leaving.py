"""How channels leave: unanswered, adopted, expired, unstoppable, or of a watch that wants none."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from functions.domain.model import Verdict
from functions.domain.plan import (
    ADOPTED,
    GIVEN_UP,
    UNANSWERED,
    Close,
    Plan,
    Retire,
    Stop,
)
from tests.functions.domain.planning import deeds, planned, retiring, silent
from tests.functions.examples import (
    DAY,
    HOUR,
    MINUTE,
    NOW,
    SECOND,
    WATCH,
    channel,
    opening,
    progress,
)


@pytest.mark.parametrize(
    ("granted", "wait"),
    [(None, 60), (604800.0, 60), (600.0, 60), (300.0, 30), (10.0, 1)],
)
def test_an_answer_is_waited_for_a_tenth_of_the_last_life(granted: float | None, wait: int) -> None:
    """At most a minute; then it is let go and another opened in the same breath."""
    known = progress(granted_seconds=granted)
    deadline = NOW - SECOND + wait * SECOND
    assert planned(opening(), known=known, now=deadline - timedelta(milliseconds=1)) == Plan(
        look_at=deadline
    )
    made = planned(opening(), known=known, now=deadline)
    assert deeds(made) == ["retire c1", "open"]
    assert not made.given_up


def test_an_unanswered_channel_waits_to_be_named_and_is_stopped_then() -> None:
    """Without a resource id it cannot be stopped; with one it is, confirmed successor or not."""
    unnamed = retiring("lost", UNANSWERED, resource_id=None, expiration=None, asked_until=NOW + DAY)
    assert planned(channel(), unnamed).actions == ()
    named = replace(unnamed, resource_id="r1")
    assert deeds(planned(channel(), named)) == ["stop lost"]
    assert deeds(planned(silent(), named)) == ["stop lost"]


def test_an_unanswered_channel_goes_with_the_end_it_was_asked_for() -> None:
    """If nobody ever named it, its asked expiration ends it."""
    unnamed = retiring("lost", UNANSWERED, resource_id=None, expiration=None, asked_until=NOW)
    assert planned(channel(), unnamed).actions == (Close(channel=unnamed, why="expired"),)


# --- channels that were adopted, and tombstones --------------------------------------------------


def test_an_adopted_channel_is_stopped_once_a_regular_one_is_confirmed() -> None:
    """Until then its messages are better than none."""
    adopted = retiring("adopted", ADOPTED)
    assert deeds(planned(adopted)) == ["open"]
    assert deeds(planned(adopted, silent("new", age=SECOND))) == []
    assert deeds(planned(adopted, channel("new", age=SECOND))) == ["stop adopted"]


def test_a_tombstone_lies_until_its_expiration() -> None:
    """Whoever cannot be stopped is asked no more, and closed when it has ended."""
    tombstone = retiring("stone", unstoppable=True)
    made = planned(channel("new", age=SECOND), tombstone)
    assert made.actions == ()
    assert deeds(planned(channel("new"), replace(tombstone, expiration=NOW))) == ["close stone"]


def test_an_expired_channel_is_closed_and_not_stopped() -> None:
    """What has ended by itself needs no call; the watch needs another."""
    assert deeds(planned(channel(expiration=NOW))) == ["close c1", "open"]


# --- watches that want no channel ----------------------------------------------------------------


@pytest.mark.parametrize(
    ("watch", "fields"),
    [
        (None, {}),
        (WATCH, {"removed_at": NOW}),
        (replace(WATCH, paused=True), {}),
        (replace(WATCH, push=False), {}),
        (replace(WATCH, paused=True), {"verdict": Verdict.UNAUTHORIZED}),
        (replace(WATCH, push=False), {"verdict": Verdict.UNAUTHORIZED}),
        (WATCH, {"verdict": Verdict.NOT_FOUND}),
        (WATCH, {"verdict": Verdict.INVALID}),
        (WATCH, {"cursor": None}),
        (WATCH, {"cursor": None, "verdict": Verdict.UNAUTHORIZED}),
    ],
)
def test_all_channels_of_a_watch_that_wants_none_are_stopped(
    watch: Any, fields: dict[str, Any]
) -> None:
    """Removed, paused, polled, parked, or started anew: whatever there is goes, in order of age."""
    known = progress(**fields)
    there = (
        channel("a", age=HOUR),
        silent("b", age=3 * SECOND),
        opening("c"),
        retiring("d", ADOPTED),
    )
    made = planned(*there, known=known, watch=watch)
    assert sorted(deeds(made)) == ["retire c", "stop a", "stop b", "stop d"]
    assert planned(known=known, watch=watch) == Plan()


def test_a_watch_whose_access_is_gone_keeps_what_may_serve_again() -> None:
    """Stopping would be refused, too; if access returns, its channel still covers."""
    known = progress(verdict=Verdict.UNAUTHORIZED)
    one = channel()
    assert planned(one, known=known) == Plan(look_at=one.ends_at)
    assert deeds(planned(replace(one, expiration=NOW), known=known)) == ["close c1"]


def test_a_resource_that_sends_no_notifications_is_asked_for_again() -> None:
    """Unwatchable is polled, not parked: after its long back-off a channel is tried."""
    known = progress(verdict=Verdict.UNWATCHABLE, open_after=NOW + DAY)
    assert planned(known=known) == Plan(look_at=NOW + DAY)
    assert deeds(planned(known=known, now=NOW + DAY)) == ["open"]


def test_a_stop_that_failed_waits_for_its_time() -> None:
    """Google was asked in vain a moment ago: the plan says when to ask again."""
    one = channel(stop_after=NOW + MINUTE)
    assert planned(one, watch=None) == Plan(look_at=NOW + MINUTE)
    assert deeds(planned(one, watch=None, now=NOW + MINUTE)) == ["stop c1"]


def test_every_action_says_why() -> None:
    """A log of the actions alone is the story of a watch."""
    late = silent(age=6 * MINUTE)
    lost = opening("lost", age=2 * MINUTE)
    made = planned(late, lost, channel("gone", expiration=NOW))
    assert made.actions == (
        Close(channel=channel("gone", expiration=NOW), why="expired"),
        Stop(channel=late, why=GIVEN_UP),
        Retire(channel=lost, why=UNANSWERED),
    )
    assert [each.why for each in planned().actions] == ["nothing covers the watch"]
    due = planned(channel(age=13 * HOUR))
    assert [each.why for each in due.actions] == ["its channel is due for replacement"]


def test_a_plan_is_made_for_any_moment() -> None:
    """The far future and the far past are moments, too."""
    for year in (1, 9999):
        planned(channel(), now=NOW.replace(year=year))
