"""The simulated Calendar: full lists, syncs, refused tokens, watches of all four lists."""

import pytest
from googleapiclient.errors import HttpError

from infra.local.google import SimulatedGoogle
from infra.local.google.clock import rfc3339
from tests.local.google.client import Caller, Client, Json, channel
from tests.local.google.receiver import Receiver
from tests.local.google.test_drive_changes import ANA, BEN, reason

AT: Json = {
    "start": {"dateTime": "2027-01-04T10:00:00Z"},
    "end": {"dateTime": "2027-01-04T11:00:00Z"},
}
HOLIDAYS = "en.usa#holiday@group.v.calendar.google.com"


def read(method: Client, **params: Json) -> tuple[list[Json], str]:
    """List everything, page by page: the items and the next sync token."""
    items: list[Json] = []
    while True:
        page = method(**params).execute()
        items += page["items"]
        if "nextPageToken" not in page:
            return items, page.get("nextSyncToken", "")
        assert "nextSyncToken" not in page
        params["pageToken"] = page["nextPageToken"]


def events(caller: Caller, account: str = ANA) -> Client:
    """Tell the method that lists events."""
    return caller.calendar(account).events().list


def test_a_sync_tells_what_changed_since(google: SimulatedGoogle, caller: Caller) -> None:
    """New, changed and cancelled events come once each, with new etags; then nothing."""
    state, method = google.world.calendar, events(caller)
    kept = state.put_event(ANA, summary="kept", **AT)
    changed = state.put_event(ANA, summary="old", **AT)
    gone = state.put_event(ANA, summary="gone", **AT)
    items, token = read(method, calendarId="primary")
    assert {each["id"] for each in items} == {kept.id, changed.id, gone.id}
    before = {each["id"]: each["etag"] for each in items}
    state.put_event(ANA, changed.id, summary="new")
    state.cancel_event(ANA, gone.id)
    made = state.put_event(ANA, summary="made", **AT)
    items, token = read(method, calendarId="primary", syncToken=token)
    assert [(each["id"], each["status"]) for each in items] == [
        (changed.id, "confirmed"),
        (gone.id, "cancelled"),
        (made.id, "confirmed"),
    ]
    assert items[0]["summary"] == "new"
    assert all(before.get(each["id"]) != each["etag"] for each in items)
    assert read(method, calendarId="primary", syncToken=token)[0] == []


def test_a_full_list_has_no_tombstones(google: SimulatedGoogle, caller: Caller) -> None:
    """What was deleted is listed only if asked for, and then barely if it was deleted so."""
    state, method = google.world.calendar, events(caller)
    gone = state.put_event(ANA, summary="gone", **AT)
    state.cancel_event(ANA, gone.id, bare=True)
    assert read(method, calendarId="primary")[0] == []
    (item,), _ = read(method, calendarId="primary", showDeleted=True)
    assert item.keys() == {"kind", "etag", "id", "status"}
    shown = caller.calendar().events().get(calendarId="primary", eventId=gone.id).execute()
    assert shown["status"] == "cancelled"


def test_nothing_falls_between_a_paged_list_and_its_token(
    google: SimulatedGoogle, caller: Caller
) -> None:
    """What changes during a full listing is told by the first sync after it."""
    state, client = google.world.calendar, caller.calendar().events()
    for number in range(5):
        state.put_event(ANA, f"event{number}", **AT)
    page = client.list(calendarId="primary", maxResults=2).execute()
    state.put_event(ANA, "event0", summary="changed meanwhile")
    items, token = read(
        client.list, calendarId="primary", maxResults=2, pageToken=page["nextPageToken"]
    )
    assert len(page["items"]) + len(items) == 5
    items, _ = read(client.list, calendarId="primary", syncToken=token)
    assert [each["id"] for each in items] == ["event0"]


def test_long_syncs_come_in_pages(google: SimulatedGoogle, caller: Caller) -> None:
    """A sync is paged, too; the pages want the sync token along with theirs."""
    state, client = google.world.calendar, caller.calendar().events()
    _, token = read(client.list, calendarId="primary")
    made = [state.put_event(ANA, **AT).id for _ in range(7)]
    items, _ = read(client.list, calendarId="primary", syncToken=token, maxResults=3)
    assert [each["id"] for each in items] == made
    page = client.list(calendarId="primary", syncToken=token, maxResults=3).execute()
    with pytest.raises(HttpError) as error:
        client.list(calendarId="primary", pageToken=page["nextPageToken"]).execute()
    assert reason(error) == (400, "invalid")


@pytest.mark.parametrize(
    ("params", "expected"),
    [
        ({"syncToken": "nonsense"}, (400, "invalid")),
        ({"q": "x"}, (400, "invalid")),
        ({"updatedMin": "2026-11-20T00:00:00Z"}, (400, "invalid")),
        ({"showDeleted": False}, (400, "invalid")),
        ({"singleEvents": True}, (400, "invalid")),
        ({"calendarId": BEN}, (404, "notFound")),
        ({"calendarId": "none@group.calendar.google.com"}, (404, "notFound")),
    ],
)
def test_wrong_syncs_are_refused(caller: Caller, params: Json, expected: tuple[int, str]) -> None:
    """What a sync token cannot be combined with, and calendars that are not there."""
    _, token = read(events(caller), calendarId="primary")
    with pytest.raises(HttpError) as error:
        read(events(caller), **{"calendarId": "primary", "syncToken": token, **params})
    assert reason(error) == expected


def test_sync_tokens_end(google: SimulatedGoogle, caller: Caller) -> None:
    """Void, old, or another list's tokens are 410 `fullSyncRequired`; so is a fault if told to."""
    method = events(caller)
    voided, old = (read(method, calendarId="primary")[1] for _ in range(2))
    caller.sim("POST", "calendar/tokens", {"list": f"events {ANA}"})
    fresh = read(method, calendarId="primary")[1]
    for token in (voided, old):
        with pytest.raises(HttpError) as error:
            read(method, calendarId="primary", syncToken=token)
        assert reason(error) == (410, "fullSyncRequired")
    read(method, calendarId="primary", syncToken=fresh)
    caller.sim("POST", "options", {"sync_token_life": 60})
    caller.sim("POST", "clock", {"advance": 61})
    with pytest.raises(HttpError) as error:
        read(method, calendarId="primary", syncToken=fresh)
    assert reason(error) == (410, "fullSyncRequired")
    fault = {"kind": "error", "reason": "fullSyncRequired", "method": "*.list", "times": 1}
    caller.sim("POST", "faults", fault)
    with pytest.raises(HttpError) as error:
        read(method, calendarId="primary")
    assert reason(error) == (410, "fullSyncRequired")
    with pytest.raises(HttpError) as error:
        read(method, calendarId="primary", updatedMin="2020-01-01T00:00:00Z")
    assert reason(error) == (410, "updatedMinTooLongAgo")


def test_a_token_is_good_for_its_own_list_only(caller: Caller) -> None:
    """Another calendar's token is 410, in either direction."""
    methods = {account: events(caller, account) for account in (ANA, BEN)}
    tokens = {each: read(methods[each], calendarId="primary")[1] for each in methods}
    for account, other in ((ANA, BEN), (BEN, ANA)):
        with pytest.raises(HttpError) as error:
            read(methods[account], calendarId="primary", syncToken=tokens[other])
        assert reason(error) == (410, "fullSyncRequired")


def test_a_removed_calendar_stays_gone(google: SimulatedGoogle, caller: Caller) -> None:
    """Also an account's own calendar answers 404 once it was removed."""
    google.world.calendar.put_event(ANA, **AT)
    google.world.calendar.remove_calendar(ANA)
    for calendar_id in ("primary", ANA):
        with pytest.raises(HttpError) as error:
            read(events(caller), calendarId=calendar_id)
        assert reason(error) == (404, "notFound")
    assert read(caller.calendar().calendarList().list)[0] == []


def test_recurring_events_and_their_exceptions(google: SimulatedGoogle, caller: Caller) -> None:
    """A series is one event, its exceptions events of their own; expanded if asked for."""
    state, client = google.world.calendar, caller.calendar().events()
    rule = ["RRULE:FREQ=WEEKLY;COUNT=4"]
    series = state.put_event(ANA, "series", summary="weekly", recurrence=rule, **AT)
    _, token = read(client.list, calendarId="primary")
    second, third = (
        {"dateTime": f"2027-01-{day}T10:00:00+00:00", "timeZone": "UTC"} for day in (11, 18)
    )
    state.change_instance(ANA, series.id, second, cancelled=True)
    state.change_instance(ANA, series.id, third, cancelled=False, summary="moved")
    items, _ = read(client.list, calendarId="primary", syncToken=token)
    assert [(each["id"], each["status"]) for each in items] == [
        ("series_20270111T100000Z", "cancelled"),
        ("series_20270118T100000Z", "confirmed"),
    ]
    assert items[0].keys() == {
        *("kind", "etag", "id", "status", "recurringEventId", "originalStartTime")
    }
    full, _ = read(client.list, calendarId="primary")
    assert [each["id"] for each in full] == ["series", *(each["id"] for each in items)]
    single, _ = read(client.list, calendarId="primary", singleEvents=True)
    assert len(single) == 3
    listed = client.instances(calendarId="primary", eventId="series").execute()["items"]
    assert len(listed) == 3


def test_events_change_through_the_api(caller: Caller) -> None:
    """Insert, patch, delete; deleting twice is 410 `deleted`."""
    client = caller.calendar().events()
    made = client.insert(calendarId="primary", body={"summary": "a", **AT}).execute()
    about = {"calendarId": "primary", "eventId": made["id"]}
    assert client.patch(body={"summary": "b"}, **about).execute()["summary"] == "b"
    assert client.update(body={"summary": "c", **AT}, **about).execute()["summary"] == "c"
    assert client.delete(**about).execute() == ""
    with pytest.raises(HttpError) as error:
        client.delete(**about).execute()
    assert reason(error) == (410, "deleted")


def test_the_list_of_calendars_is_synced(google: SimulatedGoogle, caller: Caller) -> None:
    """Calendars that come, change and go on an account's list; hidden ones only if asked for."""
    state, client = google.world.calendar, caller.calendar().calendarList()
    (own,), token = read(client.list)
    assert (own["id"], own["primary"], own["accessRole"]) == (ANA, True, "owner")
    team = state.create_calendar(ANA, summary="Team")
    state.subscribe(ANA, HOLIDAYS, hidden=True)
    items, token = read(client.list, syncToken=token)
    assert [each["id"] for each in items] == [team.id, HOLIDAYS]
    assert len(read(client.list)[0]) == 2
    state.remove_calendar(team.id)
    (item,), _ = read(client.list, syncToken=token)
    assert (item["id"], item["deleted"]) == (team.id, True)
    with pytest.raises(HttpError) as error:
        read(events(caller), calendarId=team.id)
    assert reason(error) == (404, "notFound")
    assert client.get(calendarId="primary").execute()["id"] == ANA
    assert caller.calendar().calendars().get(calendarId="primary").execute()["id"] == ANA


def test_access_rules_are_synced_and_obeyed(google: SimulatedGoogle, caller: Caller) -> None:
    """A rule opens a calendar to someone; taken away it is told as role `none`."""
    state, client = google.world.calendar, caller.calendar().acl()
    _, token = read(client.list, calendarId="primary")
    state.put_rule(ANA, f"user:{BEN}", "reader")
    (item,), token = read(client.list, calendarId="primary", syncToken=token)
    assert item["scope"] == {"type": "user", "value": BEN}
    assert client.get(calendarId="primary", ruleId=item["id"]).execute()["role"] == "reader"
    read(events(caller, BEN), calendarId=ANA)
    with pytest.raises(HttpError) as error:
        read(caller.calendar(BEN).acl().list, calendarId=ANA)
    assert reason(error) == (403, "forbidden")
    state.put_rule(ANA, f"user:{BEN}", "none")
    (item,), _ = read(client.list, calendarId="primary", syncToken=token)
    assert item["role"] == "none"
    with pytest.raises(HttpError):
        read(events(caller, BEN), calendarId=ANA)


def test_settings_are_synced(google: SimulatedGoogle, caller: Caller) -> None:
    """A changed setting is told; one that is gone is found only by absence."""
    client = caller.calendar().settings()
    items, token = read(client.list)
    assert {"timezone", "locale"} <= {each["id"] for each in items}
    google.world.calendar.put_setting(ANA, "locale", "de")
    google.world.calendar.put_setting(ANA, "timezone", None)
    (item,), _ = read(client.list, syncToken=token)
    assert (item["id"], item["value"]) == ("locale", "de")
    assert client.get(setting="locale").execute()["value"] == "de"
    assert "timezone" not in {each["id"] for each in read(client.list)[0]}


def test_all_four_lists_are_watched(
    google: SimulatedGoogle, caller: Caller, receiver: Receiver
) -> None:
    """Each tells `exists` on a change of its own, for seven days or the ttl asked for."""
    state, client = google.world.calendar, caller.calendar()
    methods = (client.events(), client.acl(), client.calendarList(), client.settings())
    answers = []
    for number, each in enumerate(methods, 1):
        about = {"calendarId": "primary"} if number < 3 else {}
        answers.append(each.watch(body=channel(receiver.url), **about).execute())
        receiver.wait(number)
    state.put_event(ANA, **AT)
    receiver.wait(5)
    state.put_rule(ANA, f"user:{BEN}", "reader")
    receiver.wait(6)
    state.subscribe(ANA, HOLIDAYS)
    receiver.wait(7)
    state.put_setting(ANA, "locale", "de")
    messages = receiver.wait(8)
    ids = [each["X-Goog-Channel-ID"] for each in messages]
    assert ids == [each["id"] for each in answers] * 2
    assert receiver.states() == ["sync"] * 4 + ["exists"] * 4
    assert messages[0]["X-Goog-Resource-URI"].endswith(
        "/calendars/ana%40example.com/events?alt=json"
    )
    life = int(answers[0]["expiration"]) / 1000 - google.world.clock.now()
    assert life == pytest.approx(604_800, abs=2)
    body = channel(receiver.url, params={"ttl": "60"})
    answer = client.settings().watch(body=body).execute()
    assert int(answer["expiration"]) / 1000 - google.world.clock.now() == pytest.approx(60, abs=2)
    client.channels().stop(body=answer).execute()
    with pytest.raises(HttpError) as error:
        caller.drive().channels().stop(body=answers[0]).execute()
    assert error.value.status_code == 404


def test_some_calendars_cannot_be_watched(caller: Caller, receiver: Receiver) -> None:
    """Holidays can be read but not watched, and so can what a control call says."""
    made = caller.sim("POST", "calendar/calendars", {"account": ANA, "watchable": False})
    watch = caller.calendar().events().watch
    for calendar_id in (HOLIDAYS, made["id"]):
        read(events(caller), calendarId=calendar_id)
        with pytest.raises(HttpError) as error:
            watch(calendarId=calendar_id, body=channel(receiver.url)).execute()
        assert reason(error) == (400, "pushNotSupportedForRequestedResource")


def test_lagging_events_become_visible_later(google: SimulatedGoogle, caller: Caller) -> None:
    """A new event under lag is in no list at first, and found by the token given meanwhile."""
    google.world.faults.set("lag", method="calendar.events.list", seconds=60)
    item = google.world.calendar.put_event(ANA, **AT)
    items, token = read(events(caller), calendarId="primary")
    assert items == []
    google.world.clock.advance(61)
    (found,), _ = read(events(caller), calendarId="primary", syncToken=token)
    assert found["id"] == item.id


def test_times_and_words_select_events(google: SimulatedGoogle, caller: Caller) -> None:
    """timeMin, timeMax, updatedMin and q leave out what does not fit."""
    state, method = google.world.calendar, events(caller)
    state.put_event(ANA, "a", summary="Lunch", **AT)
    state.put_event(ANA, "b", summary="Dinner", start={"date": "2028-01-01"}, end={})
    later = rfc3339(google.world.clock.now() + 60)
    for params, expected in (
        ({"timeMin": "2027-06-01T00:00:00Z"}, ["b"]),
        ({"timeMax": "2027-06-01T00:00:00Z"}, ["a"]),
        ({"q": "lunch"}, ["a"]),
        ({"updatedMin": later}, []),
    ):
        items, token = read(method, calendarId="primary", **params)
        assert [each["id"] for each in items] == expected
        assert bool(token) == ("q" not in params and "updatedMin" not in params)


def test_calendars_are_edited_by_control(caller: Caller) -> None:
    """Everything that people do to calendars can be done by HTTP."""
    team = caller.sim("POST", "calendar/calendars", {"account": ANA, "summary": "Team"})
    path = f"calendar/calendars/{team['id']}"
    ids = caller.sim("POST", f"{path}/events", {"count": 3, "summary": "x"})["ids"]
    caller.sim("POST", f"{path}/events/{ids[0]}/update", {"summary": "y"})
    caller.sim("POST", f"{path}/events/{ids[1]}/cancel", {"bare": True})
    start = {"dateTime": "2027-01-01T10:00:00Z"}
    caller.sim("POST", f"{path}/events/{ids[2]}/instance", {"start": start, "cancelled": True})
    caller.sim("POST", f"{path}/rules", {"scope": f"user:{BEN}", "role": "reader"})
    caller.sim("POST", f"calendar/lists/{BEN}", {"calendar": team["id"]})
    caller.sim("POST", f"calendar/settings/{BEN}", {"id": "locale", "value": "fr"})
    items, token = read(events(caller, BEN), calendarId=team["id"])
    assert [each.get("summary") for each in items] == ["y", "x", None]
    caller.sim("POST", "calendar/tokens", {"list": f"events {team['id']}", "life": 1})
    caller.sim("POST", "clock", {"advance": 2})
    with pytest.raises(HttpError) as error:
        read(events(caller, BEN), calendarId=team["id"], syncToken=token)
    assert error.value.status_code == 410
    caller.sim("POST", f"calendar/lists/{BEN}", {"calendar": team["id"], "deleted": True})
    assert len(read(caller.calendar(BEN).calendarList().list)[0]) == 1
    primary = "calendar/calendars/primary/events"
    assert caller.sim("POST", primary, {"account": BEN, "id": "e1"})["id"] == "e1"
    caller.sim("POST", f"{path}/remove")
