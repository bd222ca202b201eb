"""Opening channels: the record, the call, and what Google answers, before or after a message."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.channels.confirmation import heard
from functions.channels.opening import answered, expiration_of, new_channel, watch_call
from functions.domain.keyring import Key, Ring
from functions.domain.model import Channel, ChannelState, Job, Progress, Verdict, Watch
from functions.domain.token import verify
from functions.ports import Case
from functions.terms import Terms
from tests.functions.domain.anything import json_values
from tests.functions.examples import (
    ADDRESS,
    DAY,
    HOUR,
    KEY,
    MINUTE,
    NOW,
    RING,
    SECOND,
    WATCH,
    message,
    opening,
    progress,
)

TERMS = Terms(address=ADDRESS)
LIVE, CLOSED = ChannelState.LIVE, ChannelState.CLOSED
ANSWER = {
    "kind": "api#channel",
    "resourceId": "r1",
    "resourceUri": "u1",
    "expiration": "1772370000000",
}
NO_ENDS: list[object] = [
    *("", "-1", "1e12", "1772370000.5", "soon", None, True, [], {}, 1772370000000.0),
    *("9" * 15, "9" * 16, "9" * 5000, 10**30),
]


def asked(watch: Watch = WATCH, ring: Ring = RING) -> Channel:
    """Make the record of a channel that is about to be asked for."""
    return new_channel(
        "c1", watch=watch, progress=progress(), ring=ring, terms=TERMS, why="why", now=NOW
    )


def after(answer: Any, record: Channel | None = None, **known: Any) -> tuple[Progress, Channel]:
    """Give progress and record after Google has answered."""
    there = {"c1": record or opening()}
    case = answered(Case(progress(**known), there), "c1", answer, default=HOUR, now=NOW, spread=0.0)
    assert case.progress is not None
    return case.progress, case.channels["c1"]


# --- the record and the call ---------------------------------------------------------------------


def test_a_channel_is_recorded_with_all_it_is_opened_on() -> None:
    """Key, address and asked end are fixed before Google is asked."""
    record = asked()
    assert record.state is ChannelState.OPENING
    assert (record.key_id, record.address) == ("k1", ADDRESS)
    assert (record.opened_at, record.asked_until) == (NOW, NOW + 7 * DAY)
    assert record.why == "why"


def test_the_life_asked_for_is_the_declared_one_or_the_longest() -> None:
    """Nobody says `ttl` to get an hour; who says it gets it asked for."""
    assert asked(replace(WATCH, ttl=2 * HOUR)).asked_until == NOW + 2 * HOUR


def test_a_key_that_has_settled_signs() -> None:
    """A key of a minute ago is not known to every receiver yet."""
    fresh = Key(id="k2", created=NOW - MINUTE, secret=b"f" * 32)
    assert asked(ring=Ring((fresh, KEY))).key_id == "k1"


def test_the_call_is_what_google_wants() -> None:
    """A web hook at our address, a token that verifies, an end in milliseconds as a string."""
    call = watch_call(asked(), watch=WATCH, cursor="100", ring=RING)
    assert call is not None
    assert call.body is not None
    body = dict(call.body)
    claim = verify(RING, body.pop("token"), channel="c1")
    assert (claim.watch, claim.key_id) == ("ana-drive", "k1")
    assert body == {
        "id": "c1",
        "type": "web_hook",
        "address": ADDRESS,
        "expiration": str(int((NOW + 7 * DAY).timestamp()) * 1000),
    }
    assert call.once
    assert call.params["pageToken"] == "100"


# --- what Google answers -------------------------------------------------------------------------


def test_an_answer_completes_the_record() -> None:
    """Live until what was granted, and not confirmed: no message has come."""
    known, record = after(ANSWER, opening="c1", open_reason="before")
    assert (record.state, record.confirmed_at) == (LIVE, None)
    assert (record.resource_id, record.resource_uri) == ("r1", "u1")
    assert record.expiration == datetime(2026, 3, 1, 13, tzinfo=UTC)
    assert (known.opening, known.open_reason) == (None, "")
    assert known.granted_seconds == 3601


def test_the_answer_s_end_counts_and_what_it_lacks_a_message_has_told() -> None:
    """A header tells whole seconds, the answer milliseconds; an answer may lack the rest."""
    told = replace(opening(), state=LIVE, resource_id="r0", resource_uri="u0", expiration=NOW)
    _, record = after({"expiration": "1772370000123"}, told)
    assert record.expiration == datetime(2026, 3, 1, 13, 0, 0, 123000, tzinfo=UTC)
    assert (record.resource_id, record.resource_uri) == ("r0", "u0")
    assert after({}, told)[1].expiration == NOW


def test_an_answer_that_lacks_the_end_means_the_source_s_default() -> None:
    """What Google does not say is what it grants when nothing is asked."""
    _, record = after({"resourceId": "r1"})
    assert record.expiration == record.opened_at + HOUR


def test_an_end_that_is_over_already_makes_the_next_wait() -> None:
    """Clocks that disagree must not make us open channel after channel."""
    known, _ = after({**ANSWER, "expiration": "3600"})
    assert known.open_failures == 1
    assert known.open_after is not None
    assert known.open_after > NOW
    assert known.open_reason


def test_an_unwatchable_resource_that_is_watched_is_well_again() -> None:
    """Google may begin to send; other verdicts are for a pull to lift."""
    assert after(ANSWER, verdict=Verdict.UNWATCHABLE)[0].verdict is Verdict.OK
    assert after(ANSWER, verdict=Verdict.UNAUTHORIZED)[0].verdict is Verdict.UNAUTHORIZED


@pytest.mark.parametrize("state", [ChannelState.RETIRING, CLOSED])
def test_a_late_answer_names_a_channel_that_was_let_go(state: ChannelState) -> None:
    """It does not come back to life, but it can be stopped."""
    _, record = after(ANSWER, opening(state=state))
    assert (record.state, record.resource_id) == (state, "r1")


@given(st.sampled_from([None, "1772370000000"]), st.sampled_from([None, NOW + HOUR]))
def test_answer_and_first_message_come_in_any_order(
    granted: str | None, told: datetime | None
) -> None:
    """Invariant: who comes first makes no difference to what is known in the end."""
    answer = {**ANSWER, "resourceUri": message().resource_uri}
    answer = {**answer, "expiration": granted} if granted else {**answer, "expiration": "soon"}
    job = Job(
        watch="ana-drive", queued_at=NOW, reason="notification", message=message(expiration=told)
    )
    start = Case(progress(opening="c1"), {"c1": opening(age=SECOND)})

    def hear(case: Case) -> Case:
        return heard(case, job, now=NOW, address=ADDRESS, counting=True) or case

    def answer_(case: Case) -> Case:
        return answered(case, "c1", answer, default=HOUR - SECOND, now=NOW, spread=0.0)

    early, late = answer_(hear(start)), hear(answer_(start))
    if granted or told is None:
        assert early.channels == late.channels
    assert early.channels["c1"].state is late.channels["c1"].state is LIVE
    assert early.channels["c1"].confirmed_at == late.channels["c1"].confirmed_at == NOW
    assert early.progress is not None
    assert late.progress is not None
    assert early.progress.known == late.progress.known == ("c1",)
    assert early.progress.opening is late.progress.opening is None


@pytest.mark.parametrize(
    ("value", "end"),
    [
        ("1772370000000", datetime(2026, 3, 1, 13, tzinfo=UTC)),
        (1772370000123, datetime(2026, 3, 1, 13, 0, 0, 123000, tzinfo=UTC)),
        ("0", datetime(1970, 1, 1, tzinfo=UTC)),
        *((value, None) for value in NO_ENDS),
    ],
)
def test_an_end_is_a_number_of_milliseconds(value: object, end: datetime | None) -> None:
    """A string or a whole number of them; what is neither, or of no calendar, is not read."""
    assert expiration_of({"expiration": value}) == end


@given(st.dictionaries(st.sampled_from(["resourceId", "resourceUri", "expiration"]), json_values))
def test_reading_an_answer_is_total(answer: dict[str, Any]) -> None:
    """Invariant: whatever Google answers, the record is live with an end."""
    _, record = after(answer)
    assert record.state is LIVE
    assert record.expiration is not None
