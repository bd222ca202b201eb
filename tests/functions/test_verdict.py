"""Verdicts: what is told of a step, once, under an id that stays."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.domain.event import rfc3339
from functions.domain.model import Progress, Verdict
from functions.verdict import MOST_NOTICES, pass_verdict, told_of, with_notice
from tests.functions.examples import HOUR, MINUTE, NOW, progress

OK, UNWATCHABLE = Verdict.OK, Verdict.UNWATCHABLE
PARKING = [Verdict.UNAUTHORIZED, Verdict.NOT_FOUND, Verdict.INVALID]


def passed(before: Verdict, after: Verdict, **fields: Any) -> Progress:
    """Pass a verdict on a watch that is under another."""
    given_: dict[str, Any] = {"now": NOW} | fields
    return pass_verdict(progress(verdict=before), after, "why", **given_)


def test_everything_but_ok_and_unwatchable_parks() -> None:
    """A watch that Google refuses to push for is polled, not parked."""
    assert [each for each in Verdict if each.parks] == PARKING


@pytest.mark.parametrize("before", Verdict)
@pytest.mark.parametrize("after", Verdict)
def test_a_step_is_told_if_it_parks_or_resumes(before: Verdict, after: Verdict) -> None:
    """Into a park, or from one into another: parked; out of one: resumed; else nothing."""
    kinds = [event.type.rpartition(".")[2] for event in told_of(passed(before, after))]
    if before is after:
        assert kinds == []
    elif after.parks:
        assert kinds == ["parked"]
    else:
        assert kinds == (["resumed"] if before.parks else [])


@pytest.mark.parametrize("verdict", PARKING)
def test_a_watch_is_parked_once(verdict: Verdict) -> None:
    """The same verdict again keeps the time and the notice of the first."""
    first = passed(OK, verdict, retry_at=NOW + HOUR)
    again = pass_verdict(first, verdict, "still", now=NOW + HOUR, retry_at=NOW + 3 * HOUR)
    assert told_of(again) == told_of(first)
    assert (again.verdict_at, again.retry_at, again.reason) == (NOW, NOW + 3 * HOUR, "still")


def test_a_parked_event_says_why_and_until_when() -> None:
    """Its data is the contract's: verdict, reason, and when it is tried again."""
    (event,) = told_of(passed(OK, Verdict.NOT_FOUND, retry_at=NOW + HOUR))
    assert event.type == "watchkeeper.watch.parked"
    assert event.account == "ana@example.com"
    assert event.time == NOW
    assert event.data == {
        "verdict": "not_found",
        "reason": "why",
        "retry_at": "2026-03-01T13:00:00Z",
    }


def test_a_notice_is_told_under_one_id_until_it_is_forgotten() -> None:
    """Told twice, as after a crash, it is the same event; parked another time it is another."""
    parked = passed(OK, Verdict.INVALID)
    assert told_of(parked) == told_of(parked)
    later = pass_verdict(progress(), Verdict.INVALID, "why", now=NOW + MINUTE)
    assert told_of(later)[0].id != told_of(parked)[0].id


def test_steps_are_told_in_their_order() -> None:
    """A watch that was parked, resumed and parked again before anything could be told."""
    known = progress()
    for number, verdict in enumerate([Verdict.INVALID, OK, Verdict.NOT_FOUND]):
        known = pass_verdict(known, verdict, "why", now=NOW + number * MINUTE)
    assert [each.type.rpartition(".")[2] for each in told_of(known)] == [
        "parked",
        "resumed",
        "parked",
    ]
    assert len({each.id for each in told_of(known)}) == 3


def test_notices_are_bounded_and_the_newest_stay() -> None:
    """Whoever flaps while the queue is down does not fill the store."""
    known = progress()
    for number in range(MOST_NOTICES + 5):
        since = rfc3339(NOW + number * MINUTE)
        known = with_notice(known, "resynced", since=since, at=NOW, data={"number": number})
    assert [each.data["number"] for each in told_of(known)] == list(range(5, MOST_NOTICES + 5))


@given(st.sampled_from(Verdict), st.sampled_from(Verdict), st.none() | st.datetimes().map(str))
def test_a_verdict_changes_nothing_else(before: Verdict, after: Verdict, page: str | None) -> None:
    """Invariant: where the watch has been read to is not the verdict's business."""
    known = progress(verdict=before, cursor="7", page=page, failures=3, pull_at=NOW)
    judged = pass_verdict(known, after, "why", now=NOW)
    assert (judged.cursor, judged.page, judged.failures) == ("7", page, 3)
    assert judged.pull_at == NOW
    assert judged.verdict is after
    assert isinstance(judged.verdict_at, datetime) == (before is not after)


def test_an_edited_notice_holds_up_no_other() -> None:
    """A notice that lacks what an event needs is passed over; the others are told."""
    parked = pass_verdict(Progress(watch="ana"), Verdict.UNAUTHORIZED, "revoked", now=NOW)
    edited = replace(parked, notices=({"kind": "parked"}, {"at": 5}, *parked.notices))
    assert [event.type for event in told_of(edited)] == ["watchkeeper.watch.parked"]
