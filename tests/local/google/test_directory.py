"""The simulated Directory: users, aliases, their notifications."""

import pytest
from googleapiclient.errors import HttpError

from infra.local.google import SimulatedGoogle
from tests.local.google.client import Caller, Client, channel
from tests.local.google.receiver import Receiver
from tests.local.google.test_drive_changes import ANA, BEN, reason


def emails(client: Client, **params: object) -> list[str]:
    """List users page by page: their addresses."""
    found: list[str] = []
    request = client.users().list(**params)
    while request:
        page = request.execute()
        found += [each["primaryEmail"] for each in page.get("users", ())]
        request = client.users().list_next(request, page)
    return found


def test_users_are_listed_by_domain_or_customer(google: SimulatedGoogle, caller: Caller) -> None:
    """A domain's users, or all; in pages; deleted ones only by themselves."""
    directory, client = google.world.directory, caller.directory()
    for number in range(5):
        directory.create(f"user{number}@example.com")
    directory.create("other@example.org")
    directory.delete("user3@example.com")
    left = [f"user{number}@example.com" for number in (0, 1, 2, 4)]
    assert emails(client, domain="example.com", maxResults=2) == left
    assert emails(client, customer="my_customer") == ["other@example.org", *left]
    assert emails(client, customer="my_customer", showDeleted="true") == ["user3@example.com"]
    with pytest.raises(HttpError) as error:
        emails(client)
    assert reason(error) == (400, "badRequest")
    with pytest.raises(HttpError) as error:
        emails(client, domain="elsewhere.net")
    assert error.value.status_code == 404


def test_an_empty_list_has_no_key(google: SimulatedGoogle, caller: Caller) -> None:
    """Google leaves the key of an empty list out."""
    client = caller.directory()
    assert "users" not in client.users().list(customer="my_customer").execute()
    google.world.directory.create(ANA)
    assert "aliases" not in client.users().aliases().list(userKey=ANA).execute()


def test_suspended_and_archived_users_are_told(google: SimulatedGoogle, caller: Caller) -> None:
    """Both are fields of a user, both can be asked for; a change has a new etag."""
    directory, client = google.world.directory, caller.directory()
    directory.create(ANA)
    before = client.users().get(userKey=ANA).execute()
    directory.update(ANA, suspended=True)
    after = client.users().get(userKey=ANA).execute()
    assert (before["suspended"], after["suspended"]) == (False, True)
    assert before["etag"] != after["etag"]
    directory.create(BEN, archived=True)
    assert emails(client, customer="my_customer", query="isSuspended=false") == [BEN]
    assert emails(client, customer="my_customer", query="isArchived=true") == [BEN]
    assert emails(client, customer="my_customer", query="email:a*") == [ANA]
    directory.update(ANA, email="anna@example.com")
    with pytest.raises(HttpError) as error:
        client.users().get(userKey=ANA).execute()
    assert reason(error) == (404, "notFound")


def test_aliases_name_a_user_too(google: SimulatedGoogle, caller: Caller) -> None:
    """An alias is listed with its user and finds it."""
    directory, client = google.world.directory, caller.directory()
    user = directory.create(ANA)
    directory.add_alias(ANA, "a@example.com")
    (alias,) = client.users().aliases().list(userKey=ANA).execute()["aliases"]
    assert (alias["alias"], alias["id"]) == ("a@example.com", user.id)
    assert client.users().get(userKey="a@example.com").execute()["aliases"] == ["a@example.com"]
    directory.remove_alias(ANA, "a@example.com")
    with pytest.raises(HttpError):
        client.users().get(userKey="a@example.com").execute()


def test_users_are_watched(google: SimulatedGoogle, caller: Caller, receiver: Receiver) -> None:
    """The state is what happened, the body whom it happened to; an event can be chosen."""
    directory, client = google.world.directory, caller.directory()
    directory.create("first@example.com")
    every = client.users().watch(domain="example.com", body=channel(receiver.url)).execute()
    receiver.wait(1)
    ask = {"customer": "my_customer", "event": "delete"}
    one = client.users().watch(body=channel(receiver.url), **ask).execute()
    receiver.wait(2)
    user = directory.create(ANA)
    directory.update(ANA, suspended=True)
    directory.update(ANA, isAdmin=True)
    receiver.wait(5)
    directory.delete(ANA)
    receiver.wait(7)
    directory.undelete(user.id)
    receiver.wait(8)
    expected = ["sync", "add", "update", "makeAdmin", "delete", "undelete"]
    assert receiver.states(every["id"]) == expected
    assert receiver.states(one["id"]) == ["sync", "delete"]
    body = receiver.bodies[2]
    assert (body["kind"], body["id"]) == ("admin#directory#user", user.id)
    assert body["primaryEmail"] == ANA
    life = int(every["expiration"]) / 1000 - google.world.clock.now()
    assert life == pytest.approx(7200, abs=2)
    caller.directory().channels().stop(body=every).execute()


def test_aliases_are_watched(google: SimulatedGoogle, caller: Caller, receiver: Receiver) -> None:
    """Aliases tell `add` and `delete`, whatever key the user was named by."""
    directory, client = google.world.directory, caller.directory()
    user = directory.create(ANA)
    client.users().aliases().watch(userKey=user.id, body=channel(receiver.url)).execute()
    receiver.wait(1)
    directory.add_alias(ANA, "A@example.com")
    receiver.wait(2)
    directory.remove_alias(ANA, "a@example.com")
    receiver.wait(3)
    assert receiver.states() == ["sync", "add", "delete"]
    assert receiver.bodies[1]["alias"] == "a@example.com"


def test_only_admins_read_once_there_is_one(google: SimulatedGoogle, caller: Caller) -> None:
    """With an administrator in the directory nobody else may read it."""
    google.world.directory.create("admin@example.com", isAdmin=True)
    google.world.directory.create(ANA)
    assert emails(caller.directory(), customer="my_customer") == [
        "admin@example.com",
        ANA,
    ]
    with pytest.raises(HttpError) as error:
        emails(caller.directory(ANA), customer="my_customer")
    assert reason(error) == (403, "forbidden")


def test_lists_lag_behind(google: SimulatedGoogle, caller: Caller) -> None:
    """Under lag a list shows users as they were, a get as they are."""
    directory, client = google.world.directory, caller.directory()
    directory.create(ANA)
    google.world.faults.set("lag", method="directory.*", seconds=60)
    directory.create(BEN)
    directory.delete(ANA)
    assert emails(client, customer="my_customer") == [ANA]
    assert client.users().get(userKey=BEN).execute()["primaryEmail"] == BEN
    google.world.clock.advance(61)
    assert emails(client, customer="my_customer") == [BEN]


def test_users_are_edited_by_control(caller: Caller) -> None:
    """Everything that administrators do can be done by HTTP."""
    user = caller.sim("POST", "directory/users", {"email": ANA, "suspended": True})
    caller.sim("POST", f"directory/users/{ANA}/update", {"suspended": False})
    caller.sim("POST", f"directory/users/{ANA}/alias", {"alias": "x@example.com"})
    caller.sim("POST", f"directory/users/{ANA}/unalias", {"alias": "x@example.com"})
    caller.sim("POST", f"directory/users/{ANA}/delete")
    assert emails(caller.directory(), customer="my_customer") == []
    caller.sim("POST", f"directory/users/{user['id']}/undelete")
    assert emails(caller.directory(), customer="my_customer") == [ANA]
