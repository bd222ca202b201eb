"""Channels that Google refuses: what is made of each error, and when the next is asked for."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from functions.channels.opening import refused
from functions.domain import errors
from functions.domain.model import Channel, ChannelState, Progress, Verdict
from functions.ports import Case
from tests.functions.examples import (
    DAY,
    MINUTE,
    NOW,
    SECOND,
    opening,
    progress,
)

LIVE, CLOSED = ChannelState.LIVE, ChannelState.CLOSED


def after_refusal(trouble: errors.Trouble, **known: Any) -> tuple[Progress, Channel | None]:
    """Give progress and record after Google has refused; None for an untouched record."""
    case = refused(Case(progress(**known), {"c1": opening()}), "c1", trouble, now=NOW, spread=0.0)
    assert case.progress is not None
    return case.progress, case.channels.get("c1")


@pytest.mark.parametrize("trouble", [errors.Unanswered("timeout"), errors.ChannelExists("400")])
def test_what_may_exist_stays_in_opening(trouble: errors.Trouble) -> None:
    """Its first message will complete it, or its time runs out; nothing waits longer for that."""
    known, record = after_refusal(trouble, opening="c1")
    assert record is None
    assert (known.opening, known.open_failures, known.open_after) == ("c1", 0, None)


@pytest.mark.parametrize(
    ("trouble", "wait", "held"),
    [
        (errors.Unavailable("503"), 2 * SECOND, False),
        (errors.Unavailable("503", 9 * MINUTE, asked=True), 9 * MINUTE, True),
        (errors.RateLimited("429", asked=True), MINUTE, True),
        (errors.RateLimited("403", 5 * MINUTE, asked=True), 5 * MINUTE, True),
        (errors.Refused("403", Verdict.UNAUTHORIZED), MINUTE, False),
        (errors.BadAddress("401"), MINUTE, False),
        (errors.CursorExpired("410"), MINUTE, False),
        (errors.Unwatchable("400"), DAY, False),
    ],
)
def test_a_refused_channel_is_closed_and_the_next_one_waits(
    trouble: errors.Trouble, wait: timedelta, held: object
) -> None:
    """How long is the error's business; what Google asked for is held through restarts."""
    known, record = after_refusal(trouble, opening="c1")
    assert record is not None
    assert record.state is CLOSED
    assert (known.opening, known.open_failures) == (None, 1)
    assert known.open_after == NOW + wait
    assert known.open_held is held
    assert known.open_reason == trouble.text


def test_refusals_in_a_row_wait_longer() -> None:
    """The count goes on where the last refusal left it."""
    known, _ = after_refusal(errors.BadAddress("401"), open_failures=3)
    assert (known.open_failures, known.open_after) == (4, NOW + 8 * MINUTE)


def test_a_short_life_is_asked_for_again_within_it() -> None:
    """A minute would be too long where a channel lives for a minute."""
    known, _ = after_refusal(errors.BadAddress("401"), granted_seconds=60.0)
    assert known.open_after == NOW + SECOND


def test_an_unwatchable_resource_is_polled_from_now_on() -> None:
    """The verdict says so; nothing is parked, and no event is told."""
    known, _ = after_refusal(errors.Unwatchable("400"))
    assert known.verdict is Verdict.UNWATCHABLE
    assert known.notices == ()


@pytest.mark.parametrize(
    "trouble", [errors.Refused("404", Verdict.NOT_FOUND), errors.CursorExpired("410")]
)
def test_whether_it_can_be_read_is_for_a_pull_to_say(trouble: errors.Trouble) -> None:
    """A refused channel is no verdict on the watch, but a reason to read it now."""
    known, _ = after_refusal(trouble)
    assert known.verdict is Verdict.OK
    assert known.pull_at == NOW
    assert known.due_at == NOW


def test_a_channel_that_was_heard_of_is_not_refused() -> None:
    """A message says that it exists; an error that comes after it is not believed."""
    live = replace(opening(), state=LIVE, resource_id="r1", confirmed_at=NOW)
    trouble = errors.Unavailable("503")
    case = refused(Case(progress(), {"c1": live}), "c1", trouble, now=NOW, spread=0.0)
    assert case == Case(progress(), {})
