"""The simulated Gmail: history, messages, and pushes as Pub/Sub sends them."""

import base64
import json

import pytest
from google.pubsub_v1 import PublisherClient, SubscriberClient
from googleapiclient.errors import HttpError

from infra.local.google import SimulatedGoogle
from tests.local.google.client import Caller, Json, settle
from tests.local.google.receiver import Receiver
from tests.local.google.test_drive_changes import ANA, BEN, reason

TOPIC = "projects/local/topics/gmail"


def history(caller: Caller, start: str, **params: object) -> tuple[list[Json], str]:
    """List the history page by page: the records and the newest history id."""
    client, found = caller.gmail().users().history(), []
    request = client.list(userId="me", startHistoryId=start, **params)
    while request:
        page = request.execute()
        found += page.get("history", [])
        newest = page["historyId"]
        request = client.list_next(request, page)
    return found, newest


def head(caller: Caller) -> str:
    """Tell the mailbox's history id."""
    return str(caller.gmail().users().getProfile(userId="me").execute()["historyId"])


def kinds(records: list[Json]) -> list[str]:
    """Tell what the records tell."""
    return [key for each in records for key in each if key not in {"id", "messages"}]


def news(receiver: Receiver) -> list[Json]:
    """Read what was pushed."""
    return [json.loads(base64.b64decode(each["message"]["data"])) for each in receiver.bodies]


def test_history_tells_every_step(google: SimulatedGoogle, caller: Caller) -> None:
    """A message that comes, is labelled, trashed and deleted leaves a record each time."""
    gmail, start = google.world.gmail, head(caller)
    mail = gmail.deliver(ANA, subject="Hi")
    gmail.label(ANA, mail.id, add=["STARRED"], remove=["UNREAD"])
    gmail.label(ANA, mail.id, add=["STARRED"])
    gmail.trash(ANA, mail.id)
    gmail.untrash(ANA, mail.id)
    gmail.delete(ANA, mail.id)
    records, newest = history(caller, start, maxResults=3)
    assert kinds(records) == [
        "messagesAdded",
        *("labelsAdded", "labelsRemoved"),
        *("labelsAdded", "labelsRemoved"),
        "labelsRemoved",
        "messagesDeleted",
    ]
    added = records[0]["messagesAdded"][0]["message"]
    assert added == {"id": mail.id, "threadId": mail.id, "labelIds": ["INBOX", "UNREAD"]}
    assert records[1]["labelsAdded"][0]["labelIds"] == ["STARRED"]
    ids = [int(each["id"]) for each in records]
    assert ids == sorted(set(ids))
    assert newest == records[-1]["id"] == head(caller)
    assert (
        "history"
        not in caller.gmail().users().history().list(userId="me", startHistoryId=newest).execute()
    )


def test_history_is_selected(google: SimulatedGoogle, caller: Caller) -> None:
    """By label, which a message had, gained or lost; and by type."""
    gmail, start = google.world.gmail, head(caller)
    first = gmail.deliver(ANA)
    gmail.deliver(ANA, labels=["Label_1"])
    gmail.label(ANA, first.id, remove=["INBOX"])
    assert kinds(history(caller, start, labelId="INBOX")[0]) == ["messagesAdded", "labelsRemoved"]
    assert len(history(caller, start, labelId="Label_1")[0]) == 1
    types = ["labelRemoved", "messageDeleted"]
    assert kinds(history(caller, start, historyTypes=types)[0]) == ["labelsRemoved"]


def test_old_history_is_forgotten(google: SimulatedGoogle, caller: Caller) -> None:
    """An id from before what is remembered is 404; nonsense is 400."""
    start = head(caller)
    google.world.gmail.deliver(ANA)
    caller.sim("POST", f"gmail/{ANA}/forget")
    with pytest.raises(HttpError) as error:
        history(caller, start)
    assert reason(error) == (404, "notFound")
    assert history(caller, head(caller))[0] == []
    with pytest.raises(HttpError) as error:
        history(caller, "nonsense")
    assert error.value.status_code == 400


def test_messages_are_listed_and_got(google: SimulatedGoogle, caller: Caller) -> None:
    """Newest first, by label and time; trash only if asked for; a deleted one is 404."""
    gmail, client = google.world.gmail, caller.gmail().users().messages()
    assert "messages" not in client.list(userId="me").execute()
    old = gmail.deliver(ANA, subject="old", ago=1000)
    new = gmail.deliver(ANA, subject="new", labels=["Label_1"])
    trashed = gmail.trash(ANA, gmail.deliver(ANA).id)

    def ids(**params: object) -> list[str]:
        found, request = [], client.list(userId="me", **params)
        while request:
            page = request.execute()
            found += [each["id"] for each in page.get("messages", ())]
            request = client.list_next(request, page)
        return found

    assert ids(maxResults=1) == [new.id, old.id]
    assert ids(labelIds=["Label_1"]) == [new.id]
    assert ids(q=f"after:{int(google.world.clock.now()) - 500}") == [new.id]
    assert ids(q="old") == [old.id]
    assert trashed.id in ids(includeSpamTrash=True)
    shown = client.get(userId="me", id=old.id).execute()
    assert (shown["snippet"], shown["internalDate"]) == ("old", str(round(old.at * 1000)))
    for form in ("minimal", "metadata", "raw"):
        client.get(userId="me", id=old.id, format=form).execute()
    changed = client.modify(userId="me", id=old.id, body={"addLabelIds": ["X"]}).execute()
    assert "X" in changed["labelIds"]
    client.delete(userId="me", id=old.id).execute()
    with pytest.raises(HttpError) as error:
        client.get(userId="me", id=old.id).execute()
    assert reason(error) == (404, "notFound")
    with pytest.raises(HttpError) as error:
        client.list(userId=BEN).execute()
    assert error.value.status_code == 403


def test_a_watch_pushes_envelopes(
    google: SimulatedGoogle, caller: Caller, receiver: Receiver
) -> None:
    """A watch is told at once and at each change; the history id is a number; stop ends it."""
    google.world.options.gmail_push_url = receiver.url
    users = caller.gmail().users()
    answer = users.watch(userId="me", body={"topicName": TOPIC}).execute()
    life = int(answer["expiration"]) / 1000 - google.world.clock.now()
    assert life == pytest.approx(604_800, abs=2)
    receiver.wait(1)
    google.world.gmail.deliver(ANA)
    receiver.wait(2)
    assert news(receiver)[0] == {"emailAddress": ANA, "historyId": int(answer["historyId"])}
    assert news(receiver)[1]["historyId"] == int(head(caller))
    assert receiver.bodies[0]["subscription"] == "projects/local/subscriptions/gmail"
    assert receiver.bodies[0]["message"]["messageId"]
    assert users.stop(userId="me").execute() == ""
    google.world.gmail.deliver(ANA)
    users.watch(userId="me", body={"topicName": TOPIC}).execute()
    receiver.wait(3)
    assert len(receiver.bodies) == 3
    assert caller.sim("GET", "gmail/watches")["watches"][0]["live"] is True


def test_a_watch_is_renewed_in_place_and_ends(
    google: SimulatedGoogle, caller: Caller, receiver: Receiver
) -> None:
    """Watching again makes no second watch; an expired one is silent; another topic is refused."""
    google.world.options.gmail_push_url = receiver.url
    google.world.options.max_life = 10
    users = caller.gmail().users()
    for number in (1, 2):
        users.watch(userId="me", body={"topicName": TOPIC}).execute()
        receiver.wait(number)
    with pytest.raises(HttpError, match="Only one user push notification client"):
        users.watch(userId="me", body={"topicName": f"{TOPIC}2"}).execute()
    google.world.gmail.deliver(ANA)
    receiver.wait(3)
    google.world.clock.advance(11)
    google.world.gmail.deliver(ANA)
    settle(google)
    assert len(receiver.bodies) == 3
    with pytest.raises(HttpError) as error:
        users.watch(userId="me", body={"topicName": "nonsense"}).execute()
    assert error.value.status_code == 400


@pytest.mark.parametrize(("behaviour", "expected"), [("include", 2), ("exclude", 3)])
def test_a_watch_can_be_about_labels(
    google: SimulatedGoogle, caller: Caller, receiver: Receiver, behaviour: str, expected: int
) -> None:
    """Only what has, or has not, one of the labels is told."""
    google.world.options.gmail_push_url = receiver.url
    body = {"topicName": TOPIC, "labelIds": ["Label_1"], "labelFilterBehavior": behaviour}
    caller.gmail().users().watch(userId="me", body=body).execute()
    for labels in (["INBOX"], ["Label_1"], ["Label_2"]):
        google.world.gmail.deliver(ANA, labels=labels)
    receiver.wait(expected)
    settle(google)
    assert len(receiver.bodies) == expected


def test_history_lags_behind_the_push(
    google: SimulatedGoogle, caller: Caller, receiver: Receiver
) -> None:
    """Right after a push the history may be empty, and its id older than the pushed one."""
    google.world.options.gmail_push_url = receiver.url
    caller.gmail().users().watch(userId="me", body={"topicName": TOPIC}).execute()
    start = head(caller)
    google.world.faults.set("lag", method="gmail.*", seconds=60)
    google.world.gmail.deliver(ANA)
    receiver.wait(2)
    assert history(caller, start) == ([], start)
    assert news(receiver)[1]["historyId"] > int(start)
    google.world.clock.advance(61)
    records, newest = history(caller, start)
    assert (kinds(records), int(newest)) == (["messagesAdded"], news(receiver)[1]["historyId"])


def test_pushes_are_lost_dropped_and_tried_again(
    google: SimulatedGoogle, caller: Caller, receiver: Receiver
) -> None:
    """Pub/Sub repeats whatever is refused; faults lose pushes; a fast burst is thinned out."""
    google.world.options.gmail_push_url = receiver.url
    receiver.statuses = [404, 429, 204]
    google.world.faults.set("drop", method="gmail.*", times=1)
    caller.gmail().users().watch(userId="me", body={"topicName": TOPIC}).execute()
    google.world.gmail.deliver(ANA)
    receiver.wait(3)
    assert len({json.dumps(each) for each in receiver.bodies}) == 1
    google.world.options.gmail_interval = 1.0
    google.world.clock.advance(2)
    for _ in range(10):
        google.world.gmail.deliver(ANA)
    receiver.wait(4)
    settle(google)
    assert len(receiver.bodies) == 4


def test_pushes_can_go_to_a_real_topic(
    google: SimulatedGoogle, caller: Caller, pubsub_emulator: str, project: str
) -> None:
    """With Pub/Sub's address pushes are published there, on the topic that the watch names."""
    topic, subscription = (
        f"projects/{project}/{kind}/gmail" for kind in ("topics", "subscriptions")
    )
    with PublisherClient() as publisher, SubscriberClient() as subscriber:
        publisher.create_topic(name=topic)
        subscriber.create_subscription(name=subscription, topic=topic)
        google.world.options.pubsub_url = f"http://{pubsub_emulator}"
        caller.gmail().users().watch(userId="me", body={"topicName": topic}).execute()
        pulled = subscriber.pull(subscription=subscription, max_messages=1)
    data = json.loads(pulled.received_messages[0].message.data)
    assert data == {"emailAddress": ANA, "historyId": int(head(caller))}


def test_mail_is_handled_by_control(caller: Caller) -> None:
    """Everything that happens to mail can be done by HTTP; a mailbox can be gone."""
    start = head(caller)
    path = f"gmail/{ANA}/messages"
    mail = caller.sim("POST", path, {"subject": "Hi"})["id"]
    caller.sim("POST", path, {"count": 2})
    caller.sim("POST", f"{path}/{mail}/label", {"add": ["STARRED"]})
    caller.sim("POST", f"{path}/{mail}/trash")
    caller.sim("POST", f"{path}/{mail}/untrash")
    caller.sim("POST", f"{path}/{mail}/delete")
    assert kinds(history(caller, start)[0])[:3] == ["messagesAdded"] * 3
    caller.sim("POST", f"gmail/{ANA}/disable")
    with pytest.raises(HttpError, match="Mail service not enabled"):
        head(caller)
    caller.sim("POST", f"gmail/{ANA}/enable")
    head(caller)
