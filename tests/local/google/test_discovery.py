"""The simulated methods are Google's: their paths and verbs, and (see client.py) their answers."""

import re

import pytest

from infra.local.google.call import Route
from infra.local.google.routes import APIS
from tests.local.google.client import Caller, channel
from tests.local.google.discovery import full_path, method_of, methods
from tests.local.google.receiver import Receiver
from tests.local.google.test_drive_changes import ANA


@pytest.mark.parametrize("route", APIS, ids=lambda route: route.method)
def test_every_route_is_a_method_of_google(route: Route) -> None:
    """Verb, path and id of what is simulated are those of the discovery document."""
    path = re.sub(r"<[^>]*>", "x", route.path)
    api, method = method_of(route.verb, path)
    assert method == route.method
    names = re.findall(r"<(?:\w+:)?(\w+)>", route.path)
    assert names == re.findall(r"\{(\w+)\}", full_path(api, method))
    assert set(names) <= set(methods(api)[method]["parameters"]) if names else True


def test_every_method_answers_as_its_schema_says(caller: Caller, receiver: Receiver) -> None:
    """Each simulated method is called; the client holds each answer against the document."""
    visit_drive(caller, receiver)
    visit_calendar(caller, receiver)
    visit_directory_and_reports(caller, receiver)
    visit_gmail(caller)
    # What answers with a document's bytes has no schema.
    assert {route.method for route in APIS} - caller.called == {"drive.files.export"}


def visit_drive(caller: Caller, receiver: Receiver) -> None:
    """Call all methods of Drive, with shared drives, a viewed file, a removed one."""
    drive, world = caller.drive(), caller.google.world.drive
    shared = world.create_drive("Team", [ANA])
    token = drive.changes().getStartPageToken().execute()["startPageToken"]
    file = drive.files().create(body={"name": "a.txt"}, fields="*").execute()["id"]
    world.view(world.create(ANA, name="b", drive=shared.id).id, ANA)
    world.remove(world.create(ANA, name="c").id)
    world.rename_drive(shared.id, "Crew")
    everything = {"includeItemsFromAllDrives": True, "supportsAllDrives": True, "fields": "*"}
    drive.changes().list(pageToken=token, **everything).execute()
    drive.files().list(**everything).execute()
    drive.files().get(fileId=file, fields="*").execute()
    drive.files().update(fileId=file, body={"starred": True}, fields="*").execute()
    drive.drives().list(fields="*").execute()
    drive.drives().get(driveId=shared.id, fields="*").execute()
    drive.files().watch(fileId=file, body=channel(receiver.url)).execute()
    answer = drive.changes().watch(pageToken=token, body=channel(receiver.url)).execute()
    drive.channels().stop(body=answer).execute()
    drive.files().delete(fileId=file).execute()


def visit_calendar(caller: Caller, receiver: Receiver) -> None:
    """Call all methods of Calendar, with a series and a cancelled event."""
    calendar, own = caller.calendar(), {"calendarId": "primary"}
    at = {"dateTime": "2027-01-01T10:00:00Z"}
    body = {"summary": "x", "start": at, "end": at, "recurrence": ["RRULE:FREQ=DAILY;COUNT=2"]}
    event = {**own, "eventId": calendar.events().insert(body=body, **own).execute()["id"]}
    calendar.events().patch(body={"summary": "y"}, **event).execute()
    calendar.events().update(body=body, **event).execute()
    calendar.events().get(**event).execute()
    calendar.events().instances(**event).execute()
    calendar.events().delete(**event).execute()
    calendar.events().list(showDeleted=True, **own).execute()
    calendar.calendars().get(**own).execute()
    calendar.calendarList().list().execute()
    calendar.calendarList().get(**own).execute()
    rule = calendar.acl().list(**own).execute()["items"][0]["id"]
    calendar.acl().get(ruleId=rule, **own).execute()
    calendar.settings().list().execute()
    calendar.settings().get(setting="locale").execute()
    calendar.calendarList().watch(body=channel(receiver.url)).execute()
    calendar.settings().watch(body=channel(receiver.url)).execute()
    calendar.acl().watch(body=channel(receiver.url), **own).execute()
    answer = calendar.events().watch(body=channel(receiver.url), **own).execute()
    calendar.channels().stop(body=answer).execute()


def visit_directory_and_reports(caller: Caller, receiver: Receiver) -> None:
    """Call all methods of Directory and Reports."""
    directory, reports = caller.directory(), caller.reports()
    caller.google.world.directory.create(ANA)
    caller.google.world.directory.add_alias(ANA, "a@example.com")
    parameters = {"text": "x", "number": 1, "truth": True, "several": ["y"]}
    record = caller.google.world.reports.record
    record("drive", actor=ANA, event="edit", parameters=parameters)
    directory.users().list(customer="my_customer").execute()
    directory.users().get(userKey=ANA).execute()
    directory.users().aliases().list(userKey=ANA).execute()
    directory.users().aliases().watch(userKey=ANA, body=channel(receiver.url)).execute()
    watch = directory.users().watch(domain="example.com", body=channel(receiver.url))
    directory.channels().stop(body=watch.execute()).execute()
    about = {"userKey": "all", "applicationName": "drive"}
    reports.activities().list(**about).execute()
    answer = reports.activities().watch(body=channel(receiver.url), **about).execute()
    reports.channels().stop(body=answer).execute()


def visit_gmail(caller: Caller) -> None:
    """Call all methods of Gmail."""
    users, me = caller.gmail().users(), {"userId": "me"}
    start = users.getProfile(**me).execute()["historyId"]
    users.watch(body={"topicName": "projects/local/topics/gmail"}, **me).execute()
    mail = {**me, "id": caller.google.world.gmail.deliver(ANA).id}
    users.messages().list(**me).execute()
    users.messages().get(**mail).execute()
    users.messages().modify(body={"addLabelIds": ["STARRED"]}, **mail).execute()
    users.messages().delete(**mail).execute()
    users.history().list(startHistoryId=start, **me).execute()
    users.stop(**me).execute()
