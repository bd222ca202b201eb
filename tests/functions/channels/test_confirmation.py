"""Messages of channels: what each teaches, whatever is known of its channel."""

from __future__ import annotations

from typing import Any

import pytest

from functions.channels.confirmation import MOST_KNOWN, UNKNOWN_LIFE, heard
from functions.domain.model import Channel, ChannelState, Job, Progress
from functions.domain.plan import ADOPTED, UNANSWERED
from functions.ports import Case
from tests.functions.examples import (
    ADDRESS,
    DAY,
    HOUR,
    MINUTE,
    NOW,
    SECOND,
    channel,
    message,
    opening,
    progress,
)

LIVE, RETIRING, CLOSED = ChannelState.LIVE, ChannelState.RETIRING, ChannelState.CLOSED


def told(record: Channel | None, known: Progress | None = None, **fields: Any) -> Case | None:
    """Hear a message of the channel `c1`."""
    job = Job(
        watch="ana-drive",
        queued_at=NOW,
        reason="notification",
        key_id="k0",
        message=message(**fields),
    )
    case = Case(known or progress(), {"c1": record} if record else {})
    return heard(case, job, now=NOW, address=ADDRESS, counting=True)


def learnt(
    record: Channel | None, known: Progress | None = None, **fields: Any
) -> tuple[Progress, Channel]:
    """Hear a message, and expect that it teaches something; the watch is then looked at."""
    case = told(record, known, **fields)
    assert case is not None
    assert case.progress is not None
    assert case.progress.look_at == NOW
    assert case.progress.due_at == NOW
    (after,) = case.channels.values()
    return case.progress, after


@pytest.mark.parametrize("state", ["sync", "change", "a state of 2030"])
def test_any_message_confirms_a_live_channel(state: str) -> None:
    """Google loses `sync` messages, too: the first one that comes is proof."""
    known, record = learnt(channel(confirmed_at=None), state=state, number=7)
    assert record.state is LIVE
    assert record.confirmed_at == NOW
    assert record.last_number == 7
    assert known.known == ("c1",)


def test_a_first_message_completes_what_google_has_not_answered_yet() -> None:
    """It may come before the answer, or instead of it: resource and expiration are in it."""
    known, record = learnt(
        opening(), progress(opening="c1", open_failures=3, open_after=NOW + HOUR)
    )
    assert record.state is LIVE
    assert record.confirmed_at == NOW
    assert (record.resource_id, record.expiration) == ("r1", NOW + HOUR)
    assert known.opening is None
    assert (known.open_failures, known.open_after) == (0, None)
    assert known.granted_seconds == (HOUR + SECOND).total_seconds()


def test_what_google_answered_is_not_overwritten_by_a_header() -> None:
    """The answer is exact to the millisecond; a header says whole seconds."""
    one = channel(confirmed_at=None)
    _, record = learnt(one, resource_id="another", resource_uri="another", expiration=NOW + MINUTE)
    assert (record.resource_id, record.resource_uri) == (one.resource_id, one.resource_uri)
    assert record.expiration == one.expiration


def test_another_channel_s_message_leaves_the_opening_alone() -> None:
    """Only its own first message ends the wait for a channel."""
    known, _ = learnt(channel(confirmed_at=None), progress(opening="c2"))
    assert known.opening == "c2"


def test_a_known_channel_s_message_teaches_nothing() -> None:
    """Once confirmed, messages cost no write; a number is statistics."""
    assert told(channel(), progress(known=("c1",)), number=99) is None


def test_a_confirmed_channel_that_fell_from_memory_is_known_again() -> None:
    """The list is short: who speaks again is put at its end, its confirmation unchanged."""
    others = tuple(f"c{number}" for number in range(2, MOST_KNOWN + 2))
    one = channel()
    known, record = learnt(one, progress(known=others))
    assert record.confirmed_at == one.confirmed_at
    assert known.known == (*others[1:], "c1")


def test_a_channel_without_a_record_is_adopted() -> None:
    """Its token verified, so it is ours: it is noted with all that is needed to stop it."""
    _, record = learnt(None)
    assert record == Channel(
        id="c1",
        watch="ana-drive",
        source="drive.changes",
        subject="ana@example.com",
        state=RETIRING,
        opened_at=NOW,
        asked_until=NOW + HOUR,
        expiration=NOW + HOUR,
        key_id="k0",
        address="",
        resource_id="r1",
        resource_uri=message().resource_uri,
        last_number=1,
        heard_at=NOW,
        why=ADOPTED,
    )


def test_an_adopted_channel_that_names_no_end_is_kept_as_long_as_any_lives() -> None:
    """A message need not have an expiration; Google grants no more than a week."""
    _, record = learnt(None, expiration=None)
    assert record.ends_at == NOW + UNKNOWN_LIFE == NOW + 7 * DAY


def test_a_channel_that_never_answered_can_be_named_by_its_message() -> None:
    """It stays on its way out, but now it can be stopped."""
    lost = opening(state=RETIRING, why=UNANSWERED)
    known, record = learnt(lost, progress(opening="c2"))
    assert (record.state, record.why, record.resource_id) == (RETIRING, UNANSWERED, "r1")
    assert record.confirmed_at is None
    assert known.opening == "c2"


def test_a_channel_that_google_refused_and_made_all_the_same_is_adopted() -> None:
    """The answer was an error, yet a message has come: it must be stopped."""
    _, record = learnt(opening(state=CLOSED, closed_at=NOW))
    assert (record.state, record.why, record.resource_id) == (RETIRING, ADOPTED, "r1")
    assert record.closed_at is None


@pytest.mark.parametrize("state", [RETIRING, CLOSED])
def test_late_messages_of_a_stopped_channel_teach_nothing(state: ChannelState) -> None:
    """Google may go on for a while after a stop; a tombstone's messages lead to nothing either."""
    assert told(channel(state=state)) is None
    assert told(channel(state=state, unstoppable=True)) is None


def test_a_job_without_a_message_or_a_watch_teaches_nothing() -> None:
    """A due pull is no message; a message of an unknown watch has nowhere to be written."""
    due = Job(watch="ana-drive", queued_at=NOW, reason="due")
    given: dict[str, Any] = {"now": NOW, "address": ADDRESS, "counting": True}
    assert heard(Case(progress(), {}), due, **given) is None
    spoken = Job(watch="ana-drive", queued_at=NOW, reason="notification", message=message())
    assert heard(Case(None, {}), spoken, **given) is None


def test_a_confirmation_settles_the_account() -> None:
    """The gap ends now; of a channel that covers nothing (another address) it does not."""
    before = progress(first_confirmed_at=NOW - DAY, accounted_at=NOW - HOUR, covered_until=None)
    known, _ = learnt(channel(confirmed_at=None), before)
    assert known.uncovered_seconds == 3600
    assert known.covered_until == channel().expiration
    elsewhere, _ = learnt(channel(confirmed_at=None, address="https://old.example.com"), before)
    assert elsewhere.covered_until is None
    assert elsewhere.uncovered_seconds == 0


@pytest.mark.parametrize("record", [None, channel(confirmed_at=None)], ids=["adopted", "live"])
def test_the_largest_number_can_be_stored(record: Channel | None) -> None:
    """Google counts to 2^63, stores to one less."""
    _, after = learnt(record, number=2**63)
    assert after.last_number == 2**63 - 1
