"""Every call made is a method of Google's discovery documents, with what that allows."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings

from functions.declared.roster import Roster
from functions.domain.model import Watch
from functions.sources.call import Answer, Call
from functions.sources.source import Source
from functions.sources.table import SOURCES
from tests.functions.sources.answering import MOMENT, NOW, bodies, calls_of, read_all
from tests.world.ahead import AtOnce
from tests.world.judge import judge
from tests.world.ports import Notebook

WEB_HOOK = {
    "id": "c",
    "type": "web_hook",
    "address": "https://example.com/receive",
    "token": "t",
    "expiration": "1772366400000",
}
TOPIC = {
    "topicName": "projects/p/topics/gmail",
    "labelIds": ["INBOX"],
    "labelFilterBehavior": "include",
}
DECLARED: dict[str, list[dict[str, Any]]] = {
    "drive.changes": [{}, {"driveId": "d"}, {"spaces": "appDataFolder"}],
    "drive.files": [{"fileId": "f"}],
    "calendar.events": [{}, {"calendarId": "team@group.calendar.google.com"}],
    "calendar.calendarList": [{}],
    "calendar.acl": [{"calendarId": "primary"}],
    "calendar.settings": [{}],
    "directory.users": [{}, {"domain": "example.com"}, {"customer": "C01"}],
    "directory.aliases": [{"userKey": "ben@example.com"}],
    "reports.activities": [
        {"applicationName": "login"},
        {"applicationName": "drive", "userKey": "ben@example.com", "eventName": "view"},
    ],
    "gmail.mailbox": [{}, {"labelIds": ["INBOX", "STARRED"]}],
}
EACH = pytest.mark.parametrize(
    ("source", "params"),
    [
        pytest.param(SOURCES[name], SOURCES[name].normal(params), id=f"{name} {params}")
        for name, several in DECLARED.items()
        for params in several
    ],
)


def test_every_source_is_tried() -> None:
    """A source that is added is held to its document, too."""
    assert DECLARED.keys() == SOURCES.keys()


@EACH
def test_calls_are_allowed(source: Source, params: dict[str, Any]) -> None:
    """Method, required and known parameters, values, body and scopes."""
    body = TOPIC if source.profile.by_topic else WEB_HOOK
    calls = calls_of(source, params, body)
    for call in calls:
        judge(call)
        assert set(call.scopes) <= set(source.profile.scopes)
        assert (call.api, call.version) == (source.profile.api, source.profile.version)
    assert len(calls) >= 5


@EACH
def test_params_are_of_the_profile(source: Source, params: dict[str, Any]) -> None:
    """What defaults fill in may be declared as well; done twice it is the same."""
    assert params.keys() <= source.profile.params.keys()
    assert source.normal(params) == params


def test_only_what_makes_a_channel_is_never_sent_again() -> None:
    """Gmail's watch may be: it is renewed in place."""
    for name, several in DECLARED.items():
        source = SOURCES[name]
        calls = calls_of(source, dict(source.normal(several[0])), WEB_HOOK)
        made = {call.method for call in calls if call.once}
        watch = {call.method for call in calls if call.method.endswith(".watch")}
        assert made == (set() if source.profile.by_topic else watch)


class Asked(AtOnce):
    """The port `Google` of one page and one user, that judges what it is asked."""

    def __init__(self) -> None:
        self.calls: list[Call] = []

    def call(self, call: Call, *, subject: str | None) -> Answer:
        judge(call)
        self.calls.append(call)
        body = {"users": [], "nextPageToken": "p"} if len(self.calls) == 1 else {}
        return Answer(body=body, date=NOW)


def test_roll_call_is_allowed() -> None:
    """A domain's users, page by page, and each who is missing."""
    asked = Asked()
    roster = Roster(asked, Notebook())
    watch = Watch(id="all", source="gmail.mailbox", subject="*@example.com", admin="a@example.com")
    assert roster.members(watch) == []
    assert roster.left(watch, ["ben@example.com"]) == ["ben@example.com"]
    assert [call.method for call in asked.calls] == ["users.list", "users.list", "users.get"]


@pytest.mark.parametrize(
    "change",
    [
        {"method": "events.look"},
        {"params": {"calendarId": "primary", "maxResults": 0}},
        {"params": {"calendarId": "primary", "since": "x"}},
        {"params": {}},
        {"params": {"calendarId": "primary", "showDeleted": "yes"}},
        {"params": {"calendarId": "primary", "orderBy": "size"}},
        {"body": {"id": "c"}},
        {"scopes": ("https://www.googleapis.com/auth/drive",)},
    ],
    ids=str,
)
def test_judge_sees_what_is_not_allowed(change: dict[str, Any]) -> None:
    """A test that allows everything would prove nothing."""
    source = SOURCES["calendar.events"]
    good = source.listing({"calendarId": "primary"}, MOMENT)
    judge(good)
    with pytest.raises(AssertionError):
        judge(replace(good, **change))


@EACH
@settings(max_examples=60, deadline=None)
@given(body=bodies)
def test_any_answer_is_read_or_refused(
    source: Source, params: dict[str, Any], body: dict[str, Any]
) -> None:
    """Whatever JSON comes is a page, an item, a cursor, or an error of ours."""
    assert len(read_all(source, params, body)) == 4
