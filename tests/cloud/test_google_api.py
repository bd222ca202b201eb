"""Calls of Google's APIs: where they go, what they carry, and what comes back."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

import pytest

from functions.domain.errors import CursorExpired, Refused, Unanswered, Unavailable
from functions.domain.model import Verdict
from functions.sources.call import Call
from infra.cloud.bearer import simulated
from infra.cloud.google_api import GoogleApi
from tests.clocks import START, HandClock
from tests.scripted import How, Reply, Script

LIST = Call(api="drive", version="v3", method="changes.list", params={"pageToken": "7"})
WATCH = Call(
    api="drive",
    version="v3",
    method="changes.watch",
    params={"pageToken": "7"},
    body={"id": "c1", "token": "channel-token", "address": "https://example.com"},
)
STOP = Call(
    api="admin", version="directory_v1", method="channels.stop", body={"id": "c", "resourceId": "r"}
)


@pytest.mark.parametrize(
    ("api_name", "version", "method", "params", "path"),
    [
        ("drive", "v3", "changes.getStartPageToken", {}, "/drive/v3/changes/startPageToken"),
        ("drive", "v3", "changes.list", {"pageToken": "7"}, "/drive/v3/changes"),
        ("drive", "v3", "changes.watch", {"pageToken": "7"}, "/drive/v3/changes/watch"),
        ("drive", "v3", "files.get", {"fileId": "f"}, "/drive/v3/files/f"),
        ("drive", "v3", "files.watch", {"fileId": "f"}, "/drive/v3/files/f/watch"),
        ("drive", "v3", "channels.stop", {}, "/drive/v3/channels/stop"),
        ("calendar", "v3", "events.list", {"calendarId": "c"}, "/calendar/v3/calendars/c/events"),
        ("calendar", "v3", "calendarList.list", {}, "/calendar/v3/users/me/calendarList"),
        ("calendar", "v3", "settings.watch", {}, "/calendar/v3/users/me/settings/watch"),
        ("calendar", "v3", "acl.watch", {"calendarId": "c"}, "/calendar/v3/calendars/c/acl/watch"),
        ("calendar", "v3", "channels.stop", {}, "/calendar/v3/channels/stop"),
        ("admin", "directory_v1", "users.list", {}, "/admin/directory/v1/users"),
        (
            "admin", "directory_v1", "users.aliases.watch", {"userKey": "u"},
            "/admin/directory/v1/users/u/aliases/watch",
        ),
        ("admin", "directory_v1", "channels.stop", {}, "/admin/directory_v1/channels/stop"),
        (
            "admin", "reports_v1", "activities.list", {"userKey": "u", "applicationName": "drive"},
            "/admin/reports/v1/activity/users/u/applications/drive",
        ),
        ("admin", "reports_v1", "channels.stop", {}, "/admin/reports_v1/channels/stop"),
        ("gmail", "v1", "users.watch", {"userId": "me"}, "/gmail/v1/users/me/watch"),
        ("gmail", "v1", "users.history.list", {"userId": "me"}, "/gmail/v1/users/me/history"),
        (
            "gmail", "v1", "users.messages.get", {"userId": "me", "id": "m"},
            "/gmail/v1/users/me/messages/m",
        ),
        ("iam", "v1", "projects.serviceAccounts.get", {"name": "projects/p/serviceAccounts/s"},
         "/v1/projects/p/serviceAccounts/s"),
    ],
)  # fmt: skip
def test_calls_go_to_googles_own_paths_under_the_root(
    api: GoogleApi,
    script: Script,
    api_name: str,
    version: str,
    method: str,
    params: dict[str, Any],
    path: str,
) -> None:
    """A simulated Google is asked exactly where Google would be, the odd paths included."""
    is_post = method.endswith(("watch", "stop"))
    call = Call(
        api=api_name, version=version, method=method, params=params, body={} if is_post else None
    )
    api.call(call, subject=None)
    assert script.asked[0].path == path
    assert script.asked[0].method == ("POST" if is_post else "GET")


def test_a_root_with_a_slash_is_the_same_root(script: Script, clock: HandClock) -> None:
    """A path never begins with two slashes."""
    api = GoogleApi(simulated, script.url + "/", clock=clock)
    api.call(LIST, subject=None)
    assert script.asked[0].path == "/drive/v3/changes"
    api.close()


def test_the_subject_is_the_token_and_the_quota_user(api: GoogleApi, script: Script) -> None:
    """A simulated Google knows callers by it; a real one counts each one's calls by itself."""
    api.call(LIST, subject="ana@example.com")
    assert script.asked[0].headers["authorization"] == "Bearer ana@example.com"
    assert script.asked[0].query["quotaUser"] == "ana@example.com"


def test_without_a_subject_it_is_the_service_account(api: GoogleApi, script: Script) -> None:
    """Its calls are counted as its own."""
    api.call(LIST, subject=None)
    assert script.asked[0].headers["authorization"] == "Bearer service-account"
    assert "quotaUser" not in script.asked[0].query


def test_a_long_address_is_shortened_for_the_quota(api: GoogleApi, script: Script) -> None:
    """Google takes 40 characters; two long addresses still count apart."""
    for name in ("ana", "ben"):
        api.call(LIST, subject=f"{name}.{'x' * 40}@example.com")
    users = [asked.query["quotaUser"] for asked in script.asked]
    assert [len(user) for user in users] == [40, 40]
    assert users[0] != users[1]


def test_parameters_and_body_arrive(api: GoogleApi, script: Script) -> None:
    """Truths and numbers are written as Google reads them, the body is JSON."""
    params = {"pageToken": "a+b/c=", "supportsAllDrives": True, "pageSize": 1000}
    body = {"id": "c1", "expiration": "1798761600000", "payload": True}
    api.call(
        Call(api="drive", version="v3", method="changes.watch", params=params, body=body),
        subject=None,
    )
    assert script.asked[0].query == {
        "pageToken": "a+b/c=", "supportsAllDrives": "true", "pageSize": "1000", "alt": "json",
    }  # fmt: skip
    assert script.asked[0].json == body


def test_a_repeated_parameter_is_repeated(api: GoogleApi, script: Script) -> None:
    """A list becomes several parameters of one name."""
    params = {"userId": "me", "startHistoryId": "5", "historyTypes": ["messageAdded"]}
    api.call(
        Call(api="gmail", version="v1", method="users.history.list", params=params), subject=None
    )
    assert script.asked[0].query["historyTypes"] == "messageAdded"


def test_a_very_long_cursor_is_read(api: GoogleApi, script: Script) -> None:
    """What does not fit into an address travels as a form, which Google takes for a GET."""
    call = Call(api="drive", version="v3", method="changes.list", params={"pageToken": "x" * 3000})
    api.call(call, subject=None)
    assert script.asked[0].headers["x-http-method-override"] == "GET"
    assert script.asked[0].form["pageToken"] == "x" * 3000


@pytest.mark.parametrize("zone", ["GMT", "-0000", "+0000"])
def test_the_answer_has_googles_time(api: GoogleApi, script: Script, zone: str) -> None:
    """A watch's age is measured by Google's clock."""
    date = f"Tue, 19 Nov 2013 01:13:52 {zone}"
    script.answer(Reply(body={"changes": []}, headers={"Date": date}))
    answer = api.call(LIST, subject=None)
    assert answer.body == {"changes": []}
    assert answer.date == datetime(2013, 11, 19, 1, 13, 52, tzinfo=UTC)


@pytest.mark.parametrize("date", [None, "", "yesterday", "Tue, 19 Nov 2013", "-1"])
def test_without_googles_time_ours_has_to_do(
    api: GoogleApi, script: Script, date: str | None
) -> None:
    """A date that is missing or unreadable fails no call."""
    script.answer(Reply(headers={"Date": date}))
    assert api.call(LIST, subject=None).date == START


@pytest.mark.parametrize("reply", [Reply(status=204, body=b""), Reply(body=b""), Reply(body={})])
def test_an_empty_answer_to_a_stop_is_one(api: GoogleApi, script: Script, reply: Reply) -> None:
    """Stopping a channel is answered by nothing."""
    script.answer(reply)
    assert api.call(STOP, subject=None).body == {}


NO_OBJECT = [
    b"",
    b"<html>hidden</html>",
    b"[]",
    b'"hidden"',
    b"null",
    b"7",
    b"{",
    b"\xff\xfe",
    b"[" * 9999,
]


@pytest.mark.usefixtures("no_pauses")
@pytest.mark.parametrize("body", NO_OBJECT)
def test_what_is_no_object_is_an_outage(api: GoogleApi, script: Script, body: bytes) -> None:
    """A page of some proxy's, a torn answer: nothing to conclude from, and nothing to quote."""
    script.answer(Reply(body=body))
    with pytest.raises(Unavailable, match="no JSON object") as outage:
        api.call(LIST, subject=None)
    assert "hidden" not in str(outage.value)


@pytest.mark.parametrize("body", NO_OBJECT)
def test_an_unreadable_answer_to_a_watch_is_none(
    api: GoogleApi, script: Script, body: bytes
) -> None:
    """The channel may exist, so it is as if no answer had come."""
    script.answer(Reply(body=body))
    with pytest.raises(Unanswered):
        api.call(WATCH, subject=None)


@pytest.mark.parametrize(
    ("call", "part"),
    [
        (Call(api="drive", version="v3", method="changes.lst"), "lst"),
        (Call(api="drive", version="v3", method="changess.list"), "changess"),
        (Call(api="drive", version="v3", method="about"), "not"),
        (Call(api="drive", version="v9", method="changes.list"), "no such API"),
        (Call(api="../drive", version="v3", method="changes.list"), "no such API"),
        (Call(api="drive", version="v3", method="changes.list"), "pageToken"),
        (Call(api="drive", version="v3", method="changes.list", params={"x": 1}), "x"),
        (
            Call(api="drive", version="v3", method="changes.list",
                 params={"pageToken": "1", "pageSize": "many"}),
            "many",
        ),
        (
            Call(api="admin", version="reports_v1", method="activities.list",
                 params={"userKey": "all", "applicationName": "no such"}),
            "applicationName",
        ),
        (
            Call(api="drive", version="v3", method="changes.watch", params={"pageToken": "1"},
                 body={"id": object()}),
            "object",
        ),
    ],
)  # fmt: skip
def test_a_call_that_cannot_be_made_is_one_watchs_trouble(
    api: GoogleApi, script: Script, call: Call, part: str
) -> None:
    """An unknown method, parameter or value is refused before anything is sent, and says what."""
    with pytest.raises(Refused, match=part) as refusal:
        api.call(call, subject=None)
    assert refusal.value.verdict is Verdict.INVALID
    assert script.asked == []


def test_threads_share_the_adapter(api: GoogleApi, script: Script) -> None:
    """Many calls at once get each their own answer, over connections that are kept."""

    def act(number: int) -> str:
        subject = f"u{number % 5}@example.com"
        api.call(LIST, subject=subject)
        return subject

    with ThreadPoolExecutor(8) as pool:
        subjects = list(pool.map(act, range(100)))
    tokens = [asked.headers["authorization"] for asked in script.asked]
    assert sorted(tokens) == sorted(f"Bearer {subject}" for subject in subjects)
    assert len({asked.connection for asked in script.asked}) <= 8


def test_a_call_ahead_is_made_meanwhile(api: GoogleApi, script: Script) -> None:
    """It is under way before anybody waits; when its answer is there, no thread is left."""
    threads = threading.active_count()
    script.answer(Reply(body={"changes": [1]}))
    wait = api.ahead(LIST, subject=None)
    until = time.monotonic() + 5
    while not script.asked and time.monotonic() < until:
        time.sleep(0.001)
    assert len(script.asked) == 1
    assert wait().body == {"changes": [1]}
    assert len(script.asked) == 1
    assert threading.active_count() <= threads + 1  # the server's own, of the kept connection


def test_a_call_ahead_fails_when_it_is_waited_for(api: GoogleApi, script: Script) -> None:
    """Beginning it never does."""
    script.answer(Reply(status=410, body={"error": {"message": "Sync token is too old."}}))
    wait = api.ahead(LIST, subject=None)
    with pytest.raises(CursorExpired):
        wait()


def test_no_proxy_stands_between_us_and_a_simulated_google(
    api: GoogleApi, script: Script, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A proxy that the machine uses for the internet does not know the way to it."""
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    api.call(LIST, subject=None)
    assert len(script.asked) == 1


def test_an_answer_in_pieces_of_gzip_is_read(api: GoogleApi, script: Script) -> None:
    """We say that we can, so Google does."""
    import gzip

    content = gzip.compress(b'{"changes": [1]}')
    script.answer(Reply(body=content, headers={"Content-Encoding": "gzip"}))
    assert api.call(LIST, subject=None).body == {"changes": [1]}


@pytest.mark.usefixtures("no_pauses")
def test_a_torn_answer_is_asked_for_again(api: GoogleApi, script: Script) -> None:
    """Half an answer is none."""
    script.answer(Reply(how=How.TORN), Reply(body={"changes": []}))
    assert api.call(LIST, subject=None).body == {"changes": []}
