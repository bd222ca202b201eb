"""The adapter and the simulated Google: what the one sends the other takes, faults included."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest
import requests

from functions.domain import errors
from functions.domain.model import Verdict
from functions.sources.call import Answer, Call
from infra.cloud.bearer import simulated
from infra.cloud.google_api import GoogleApi
from infra.local.google import SimulatedGoogle, serve_google
from tests.clocks import START, HandClock

pytestmark = [pytest.mark.usefixtures("no_pauses"), pytest.mark.timeout(20)]

ANA = "ana@example.com"
ADMIN = "admin@example.com"

Make = Callable[..., Answer]


@pytest.fixture
def google() -> Iterator[SimulatedGoogle]:
    """Give a simulated Google."""
    with serve_google() as google:
        yield google


@pytest.fixture
def make(google: SimulatedGoogle) -> Iterator[Make]:
    """Give what makes calls of it, by the adapter."""
    api = GoogleApi(simulated, google.url, timeout=5, clock=HandClock())

    def make(
        name: str, body: Mapping[str, Any] | None = None, *, who: str = ANA, **params: Any
    ) -> Answer:
        api_name, version, method = name.split(":")
        call = Call(api=api_name, version=version, method=method, params=params, body=body)
        return api.call(call, subject=who)

    yield make
    api.close()


def control(google: SimulatedGoogle, path: str, body: Mapping[str, Any]) -> None:
    """Make something go wrong."""
    requests.post(f"{google.url}/sim/{path}", json=body, timeout=5).raise_for_status()


def channel() -> dict[str, str]:
    """Make the body of a watch call."""
    address = "http://127.0.0.1:9/receive"
    return {"id": uuid.uuid4().hex, "type": "web_hook", "address": address, "token": "t"}


def start(make: Make) -> str:
    """Give the cursor of a start."""
    token: str = make("drive:v3:changes.getStartPageToken").body["startPageToken"]
    return token


def test_a_drive_is_watched_read_and_let_go(google: SimulatedGoogle, make: Make) -> None:
    """Cursor, channel, change, stop: a life's round."""
    cursor = start(make)
    opened = make("drive:v3:changes.watch", channel(), pageToken=cursor).body
    google.world.drive.create(ANA, name="new")
    page = make("drive:v3:changes.list", pageToken=cursor, pageSize=1000, fields="*").body
    assert [change["file"]["name"] for change in page["changes"]] == ["new"]
    closing = {"id": opened["id"], "resourceId": opened["resourceId"]}
    assert make("drive:v3:channels.stop", closing).body == {}


@pytest.mark.parametrize(
    ("name", "who", "params", "key"),
    [
        ("calendar:v3:events.list", ANA, {"calendarId": "primary"}, "nextSyncToken"),
        ("calendar:v3:calendarList.list", ANA, {}, "nextSyncToken"),
        ("calendar:v3:acl.list", ANA, {"calendarId": "primary"}, "nextSyncToken"),
        ("calendar:v3:settings.list", ANA, {}, "nextSyncToken"),
        ("admin:directory_v1:users.list", ADMIN, {"customer": "my_customer"}, "kind"),
        ("gmail:v1:users.getProfile", ANA, {"userId": "me"}, "historyId"),
        (
            "admin:reports_v1:activities.list",
            ADMIN,
            {"userKey": "all", "applicationName": "drive"},
            "kind",
        ),
    ],
)
def test_every_api_answers(
    make: Make, name: str, who: str, params: Mapping[str, Any], key: str
) -> None:
    """All APIs are found under one root, by the paths of the real ones."""
    answer = make(name, who=who, **params)
    assert key in answer.body
    assert answer.date != START


def test_a_watch_whose_answer_is_lost_opens_one_channel(
    google: SimulatedGoogle, make: Make
) -> None:
    """Google did it, nobody heard of it, and nobody asked twice."""
    cursor = start(make)
    google.world.faults.set("lost_answer", method="drive.changes.watch")
    with pytest.raises(errors.Unanswered):
        make("drive:v3:changes.watch", channel(), pageToken=cursor)
    opened = requests.get(f"{google.url}/sim/channels", timeout=5).json()
    assert len(opened) == 1


def test_a_channel_whose_id_is_taken_is_told_apart(make: Make) -> None:
    """The same body again says that the first one was heard."""
    cursor, body = start(make), channel()
    make("drive:v3:changes.watch", body, pageToken=cursor)
    with pytest.raises(errors.ChannelExists):
        make("drive:v3:changes.watch", body, pageToken=cursor)


def test_a_read_survives_a_lost_answer(google: SimulatedGoogle, make: Make) -> None:
    """It is asked for again."""
    google.world.faults.set("lost_answer", times=2)
    assert start(make)


@pytest.mark.parametrize("reason", ["authError", "forbidden"])
def test_revoked_access_is_a_refusal(google: SimulatedGoogle, make: Make, reason: str) -> None:
    """Its watch is parked, not retried each minute."""
    control(google, f"accounts/{ANA}/revoke", {"reason": reason})
    with pytest.raises(errors.Refused) as refusal:
        start(make)
    assert refusal.value.verdict is Verdict.UNAUTHORIZED


@pytest.mark.parametrize(
    ("fault", "meaning"),
    [
        ({"kind": "garbage"}, errors.Unavailable),
        ({"kind": "error", "reason": "backendError"}, errors.Unavailable),
        ({"kind": "error", "reason": "userRateLimitExceeded"}, errors.RateLimited),
        ({"kind": "error", "reason": "subscriptionRateLimitExceeded"}, errors.RateLimited),
        ({"kind": "error", "reason": "notFound"}, errors.Refused),
        ({"kind": "lost_answer", "reset": True}, errors.Unavailable),
    ],
)
def test_faults_have_their_meanings(
    google: SimulatedGoogle, make: Make, fault: Mapping[str, Any], meaning: type[Exception]
) -> None:
    """Whatever it is told to do wrong arrives as one of our errors."""
    control(google, "faults", fault)
    with pytest.raises(meaning):
        start(make)


def test_a_cursor_that_is_void_is_told_apart(google: SimulatedGoogle, make: Make) -> None:
    """Everything has to be listed anew."""
    cursor = make("calendar:v3:events.list", calendarId="primary").body["nextSyncToken"]
    control(google, "options", {"sync_token_life": 60})
    control(google, "clock", {"advance": 120})
    with pytest.raises(errors.CursorExpired):
        make("calendar:v3:events.list", calendarId="primary", syncToken=cursor)
