"""Where each reading of Reports begins, and how activities are read."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from functions.sources.reports import LAG, LONGEST_LAG, OVERLAP, Reading, ReportsActivities
from functions.sources.source import Moment
from tests.functions.sources.answering import NOW, answer
from tests.local.google.discovery import methods

SOURCE = ReportsActivities()
LOGIN = {"applicationName": "login", "userKey": "all"}
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
MONTH = NOW - 30 * DAY

# As of "Data retention and lag times" (support.google.com/a/answer/7061566), as far as found.
MINUTES, A_FEW_HOURS = timedelta(minutes=5), timedelta(hours=6)
PUBLISHED = {
    "access_evaluation": MINUTES,
    "access_transparency": MINUTES,
    "admin": MINUTES,
    "admin_data_action": MINUTES,
    "assignments": MINUTES,
    "calendar": timedelta(hours=2),
    "chat": MINUTES,
    "chrome": MINUTES,
    "classroom": MINUTES,
    "cloud_search": A_FEW_HOURS,
    "context_aware_access": MINUTES,
    "data_migration": MINUTES,
    "login": timedelta(days=2),
    "mobile": MINUTES,
}


def moment(*, read: timedelta, swept: timedelta, baseline: datetime = MONTH) -> Moment:
    """Give a moment so long after the last pull and the last reading of the whole lag."""
    cursor = Reading(read_to=NOW - read, swept_at=NOW - swept)
    return Moment(now=NOW, cursor=str(cursor), baseline_at=baseline)


def start(given: Moment, params: dict[str, Any] = LOGIN) -> datetime:
    """Give where the reading begins."""
    return datetime.fromisoformat(SOURCE.changes(params, given).params["startTime"])


def activity(number: int = 1, time: str = "2026-03-01T11:59:00.000Z") -> dict[str, Any]:
    """Make an activity."""
    return {"id": {"time": time, "uniqueQualifier": str(number)}, "events": []}


def test_table_names_applications_of_google() -> None:
    """Those of the discovery document."""
    known = methods("reports")["reports.activities.list"]["parameters"]["applicationName"]["enum"]
    assert LAG.keys() <= set(known)


@pytest.mark.parametrize(("name", "published"), PUBLISHED.items())
def test_lag_is_at_least_what_google_publishes(name: str, published: timedelta) -> None:
    """Several times as long, for it may be longer; and of what Google says nothing, days."""
    assert LAG.get(name, LONGEST_LAG) >= published
    assert max(LAG.values()) <= LONGEST_LAG


def test_pull_overlaps_by_minutes() -> None:
    """Between two readings of the whole lag."""
    assert start(moment(read=5 * OVERLAP, swept=59 * HOUR / 60)) == NOW - 6 * OVERLAP


def test_whole_lag_is_read_once_an_hour() -> None:
    """As far back as that application may have lagged when it was last read."""
    assert start(moment(read=OVERLAP, swept=HOUR)) == NOW - HOUR - LAG["login"]
    other = {"applicationName": "vault", "userKey": "all"}
    assert start(moment(read=OVERLAP, swept=HOUR), other) == NOW - HOUR - LONGEST_LAG


@pytest.mark.parametrize("apart", [HOUR, 3 * HOUR, DAY])
def test_what_was_listed_late_is_found_however_seldom_the_lag_is_read(apart: timedelta) -> None:
    """It happened a moment before the last reading of the lag, which did not list it yet."""
    happened = NOW - apart - HOUR / 2
    params = {"applicationName": "admin", "userKey": "all"}
    assert start(moment(read=OVERLAP, swept=apart), params) <= happened


def test_google_clock_ahead_of_ours_is_no_reason_to_read_all() -> None:
    """The last reading was in our future: it was a moment ago."""
    assert start(moment(read=-OVERLAP / 60, swept=-OVERLAP / 60)) > NOW - HOUR


def test_nothing_before_the_baseline_is_asked_for() -> None:
    """However far the lag goes back."""
    assert start(moment(read=HOUR, swept=DAY, baseline=NOW - HOUR)) == NOW - HOUR


def test_outage_longer_than_the_lag_is_read_whole() -> None:
    """From the last pull on, and the lag that was not over then."""
    assert start(moment(read=3 * DAY, swept=3 * DAY)) == NOW - 3 * DAY - LAG["login"]


@pytest.mark.parametrize("cursor", ["", "x", "2026-03-01T12:00:00", "y z"])
def test_unreadable_cursor_begins_at_the_baseline(cursor: str) -> None:
    """Rather told twice than not at all."""
    given = Moment(now=NOW, cursor=cursor, baseline_at=NOW - DAY)
    assert start(given) == NOW - DAY


def test_pages_belong_together() -> None:
    """They share the beginning, and what is read is read up to the first answer's time."""
    first = moment(read=OVERLAP, swept=2 * HOUR)
    page = SOURCE.read_changes(LOGIN, first, answer({"items": [activity()], "nextPageToken": "p"}))
    assert page.cursor is None
    later = replace(first, page=page.page, now=NOW + HOUR)
    call = SOURCE.changes(LOGIN, later)
    assert call.params["pageToken"] == "p"
    assert call.params["startTime"] == SOURCE.changes(LOGIN, first).params["startTime"]
    late = replace(answer({}), date=NOW + HOUR)
    last = SOURCE.read_changes(LOGIN, later, late)
    assert last.cursor == str(Reading(read_to=NOW, swept_at=NOW))


def test_pull_that_did_not_read_all_keeps_when_that_was() -> None:
    """The hour runs from the last reading of the whole lag."""
    given = moment(read=OVERLAP, swept=HOUR / 2)
    cursor = SOURCE.read_changes(LOGIN, given, answer({})).cursor
    assert cursor == str(Reading(read_to=NOW, swept_at=NOW - HOUR / 2))


def test_activities_are_known_by_qualifier_and_time() -> None:
    """Equal qualifiers at other times are other activities; the subject is the qualifier."""
    items = [activity(), activity(2), activity(time="2026-03-01T11:58:00.000Z")]
    found = SOURCE.read_changes(
        LOGIN, moment(read=OVERLAP, swept=OVERLAP), answer({"items": items})
    )
    assert len({each.key for each in found.found}) == 3
    assert [each.item for each in found.found] == ["1", "2", "1"]


@pytest.mark.parametrize("identity", [None, "x", {}, {"time": "t"}, {"uniqueQualifier": "1"}])
def test_activity_without_identity_is_unreadable(identity: object) -> None:
    """It could not be told once."""
    given = moment(read=OVERLAP, swept=OVERLAP)
    page = SOURCE.read_changes(LOGIN, given, answer({"items": [{"id": identity}, activity()]}))
    assert (len(page.found), len(page.unreadable)) == (1, 1)
