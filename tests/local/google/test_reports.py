"""The simulated Reports: activities listed by time, late ones, notifications with bodies."""

import pytest
from googleapiclient.errors import HttpError

from infra.local.google import SimulatedGoogle
from infra.local.google.clock import rfc3339
from tests.local.google.client import Caller, Json, channel
from tests.local.google.receiver import Receiver
from tests.local.google.test_drive_changes import ANA, BEN, reason


def activities(caller: Caller, user: str = "all", **params: object) -> list[Json]:
    """List drive's activities, page by page."""
    client, found = caller.reports().activities(), []
    request = client.list(userKey=user, applicationName="drive", **params)
    while request:
        page = request.execute()
        found += page.get("items", [])
        request = client.list_next(request, page)
    return found


def test_activities_come_newest_first_in_pages(google: SimulatedGoogle, caller: Caller) -> None:
    """Each is told once, also across pages; without any there is no key `items`."""
    client = caller.reports().activities()
    assert "items" not in client.list(userKey="all", applicationName="drive").execute()
    for ago in (30, 10, 20, 20):
        google.world.reports.record("drive", actor=ANA, event="edit", ago=ago)
    google.world.reports.record("login", actor=ANA, event="login_success")
    items = activities(caller, maxResults=2)
    times = [each["id"]["time"] for each in items]
    assert times == sorted(times, reverse=True)
    assert len({each["id"]["uniqueQualifier"] for each in items}) == len(items) == 4


def test_activities_are_selected(google: SimulatedGoogle, caller: Caller) -> None:
    """By time, actor, event, parameters; a start in the future is refused."""
    reports, now = google.world.reports, google.world.clock.now()
    reports.record("drive", actor=ANA, event="edit", ago=100, parameters={"doc_id": "1"})
    reports.record("drive", actor=BEN, event="view", ago=50, parameters={"doc_id": "2"})
    assert len(activities(caller, startTime=rfc3339(now - 60))) == 1
    assert len(activities(caller, endTime=rfc3339(now - 60))) == 1
    (found,) = activities(caller, user=BEN)
    assert found["actor"]["email"] == BEN
    assert len(activities(caller, user=found["actor"]["profileId"])) == 1
    assert len(activities(caller, eventName="edit")) == 1
    assert len(activities(caller, eventName="edit", filters="doc_id==2")) == 0
    assert len(activities(caller, eventName="view", filters="doc_id<>1")) == 1
    with pytest.raises(HttpError) as error:
        activities(caller, startTime=rfc3339(now + 3600))
    assert reason(error) == (400, "invalid")


def test_late_activities_are_listed_later_under_their_own_time(
    google: SimulatedGoogle, caller: Caller
) -> None:
    """An activity can be listed hours after it happened, before others already listed."""
    google.world.reports.record("drive", actor=ANA, event="edit", late=3600, unique=1)
    google.world.clock.advance(60)
    google.world.reports.record("drive", actor=ANA, event="view", unique=2)
    assert [each["id"]["uniqueQualifier"] for each in activities(caller)] == ["2"]
    google.world.clock.advance(3600)
    assert [each["id"]["uniqueQualifier"] for each in activities(caller)] == ["2", "1"]


def test_activities_are_watched(
    google: SimulatedGoogle, caller: Caller, receiver: Receiver
) -> None:
    """The state is the event's name, the body the activity; one event can be chosen."""
    client = caller.reports()
    about = {"userKey": "all", "applicationName": "drive"}
    watch = client.activities().watch
    every = watch(body=channel(receiver.url, payload=True), **about).execute()
    edits = watch(body=channel(receiver.url), eventName="edit", **about).execute()
    bens = watch(body=channel(receiver.url), **{**about, "userKey": BEN}).execute()
    receiver.wait(3)
    google.world.reports.record("drive", actor=ANA, event="edit", parameters={"n": 1, "b": True})
    receiver.wait(5)
    google.world.reports.record("drive", actor=BEN, event="view", parameters={"l": ["x"]})
    receiver.wait(7)
    assert receiver.states(every["id"]) == ["sync", "edit", "view"]
    assert receiver.states(edits["id"]) == ["sync", "edit"]
    assert receiver.states(bens["id"]) == ["sync", "view"]
    bodies = [
        (message["X-Goog-Channel-ID"], body)
        for message, body in zip(receiver.messages, receiver.bodies, strict=True)
        if body
    ]
    assert [channel_id for channel_id, _ in bodies] == [every["id"]] * 2
    assert bodies[0][1]["kind"] == "admin#reports#activity"
    assert bodies[0][1]["events"][0]["name"] == "edit"
    life = int(every["expiration"]) / 1000 - google.world.clock.now()
    assert life == pytest.approx(21_600, abs=2)
    client.channels().stop(body=every).execute()
    with pytest.raises(HttpError) as error:
        caller.directory().channels().stop(body=edits).execute()
    assert error.value.status_code == 404


def test_who_is_no_admin_may_not_read(google: SimulatedGoogle, caller: Caller) -> None:
    """With an administrator in the directory others get 401."""
    google.world.directory.create("boss@example.com", isAdmin=True)
    with pytest.raises(HttpError) as error:
        activities(caller)
    assert error.value.status_code == 401


def test_activities_are_recorded_by_control(caller: Caller) -> None:
    """Activities can be recorded by HTTP, one or many, with parameters."""
    about = {"application": "drive", "actor": ANA, "event": "edit", "parameters": {"doc_id": "x"}}
    caller.sim("POST", "reports/activities", about)
    assert len(caller.sim("POST", "reports/activities", {**about, "count": 9})["ids"]) == 9
    items = activities(caller)
    assert len(items) == 10
    assert items[0]["events"][0]["parameters"] == [{"name": "doc_id", "value": "x"}]
