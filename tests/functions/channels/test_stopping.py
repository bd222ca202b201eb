"""Stopping channels: the call, and what each answer makes of the record."""

from __future__ import annotations

from datetime import timedelta

import pytest

from functions.channels.stopping import KEPT, closed, stop_call, stopped
from functions.domain import errors
from functions.domain.model import Channel, ChannelState, Heard, Verdict
from functions.ports import Case
from tests.functions.examples import HOUR, MINUTE, NOW, channel, opening, progress

LEAVING = channel(state=ChannelState.RETIRING)


def after(trouble: errors.Trouble | None, record: Channel = LEAVING) -> Channel:
    """Give the record after a stop that ended with `trouble`."""
    case = Case(progress(known=("c0", "c1")), {"c1": record})
    made = stopped(case, "c1", trouble, now=NOW, spread=0.0)
    assert made is not None
    assert made.progress is not None
    assert made.progress.known == ("c0",)
    return made.channels["c1"]


def test_a_stop_names_channel_and_resource() -> None:
    """Google wants both ids; the call may be repeated, as stopping twice is no harm."""
    call = stop_call(channel())
    assert call is not None
    assert call.method == "channels.stop"
    assert call.body == {"id": "c1", "resourceId": "r1"}
    assert not call.once


def test_what_cannot_be_named_cannot_be_stopped() -> None:
    """Without a resource id, or of a source that is no longer known, there is no call."""
    assert stop_call(opening()) is None
    assert stop_call(channel(source="drive.v1")) is None


@pytest.mark.parametrize(
    "trouble", [None, errors.Refused("404 notFound", Verdict.NOT_FOUND)], ids=["done", "unknown"]
)
def test_a_stopped_channel_is_closed_and_remembered_for_a_while(
    trouble: errors.Trouble | None,
) -> None:
    """Also if Google says that there is none: gone is gone. Late messages still find the record."""
    record = after(trouble)
    assert record.state is ChannelState.CLOSED
    assert record.closed_at == NOW
    assert record.delete_at == LEAVING.ends_at + KEPT


def test_a_channel_that_ended_by_itself_was_closed_then() -> None:
    """It is found some time later; what counts is when it ended."""
    assert closed(channel(expiration=NOW - HOUR), NOW).closed_at == NOW - HOUR


def test_a_stopped_channel_keeps_its_last_message() -> None:
    """Its record is written anyway, so it takes over what the progress knows."""
    known = progress(heard=(Heard(channel="c1", number=12, at=NOW),))
    made = stopped(Case(known, {"c1": LEAVING}), "c1", None, now=NOW, spread=0.0)
    assert made is not None
    assert (made.channels["c1"].last_number, made.channels["c1"].heard_at) == (12, NOW)


def test_a_record_outlives_the_channel_also_when_that_has_ended() -> None:
    """It is dropped a day after its end or its closing, whichever is later."""
    assert closed(channel(expiration=NOW - HOUR), NOW).delete_at == NOW + timedelta(days=1)


@pytest.mark.parametrize(
    ("trouble", "wait"),
    [
        (errors.Unavailable("503"), timedelta(seconds=2)),
        (errors.Unanswered("timeout"), timedelta(seconds=2)),
        (errors.Unavailable("503", 7 * MINUTE, asked=True), 7 * MINUTE),
        (errors.RateLimited("429", MINUTE), MINUTE),
    ],
)
def test_a_stop_that_failed_is_repeated_later(trouble: errors.Trouble, wait: timedelta) -> None:
    """It stays on its way out; when to ask again is stored."""
    record = after(trouble)
    assert record.state is ChannelState.RETIRING
    assert record.stop_after == NOW + wait
    assert record.stop_failures == 1
    assert not record.unstoppable
    again = after(errors.Unavailable("503"), record)
    assert again.stop_after == NOW + timedelta(seconds=4)


@pytest.mark.parametrize(
    "trouble",
    [
        errors.Refused("401", Verdict.UNAUTHORIZED),
        errors.Refused("403", Verdict.UNAUTHORIZED),
        errors.Refused("400", Verdict.INVALID),
    ],
)
def test_what_we_may_not_stop_becomes_a_tombstone(trouble: errors.Trouble) -> None:
    """Asking again would be refused again: it lies until its expiration."""
    record = after(trouble)
    assert record.unstoppable
    assert record.state is ChannelState.RETIRING


def test_an_answer_without_a_record_changes_nothing() -> None:
    """The record may be gone by the time Google answers."""
    assert stopped(Case(progress(), {}), "c1", None, now=NOW, spread=0.0) is None
    assert stopped(Case(None, {"c1": LEAVING}), "c1", None, now=NOW, spread=0.0) is None
