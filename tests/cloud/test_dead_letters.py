"""`dead-letters --project`: what Pub/Sub gave up, in the subscriptions that Terraform makes."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from google.cloud.firestore import Client
from google.pubsub_v1 import PublisherClient, PubsubMessage, SubscriberClient, Subscription

from functions.domain.job import write_job
from functions.domain.model import Job
from infra.cloud.pubsub_dead import TOPICS
from tests.contracts.store_examples import NOW
from tests.machine.conftest import Run, run

__all__ = ["run"]

TERRAFORM = Path(__file__).resolve().parents[2] / "terraform" / "queue.tf"
MOVED = {  # as Pub/Sub adds it: https://docs.cloud.google.com/pubsub/docs/handling-failures
    "CloudPubSubDeadLetterSourceDeliveryCount": "100",
    "CloudPubSubDeadLetterSourceSubscription": "changes-handle",
    "CloudPubSubDeadLetterSourceSubscriptionProject": "p",
    "CloudPubSubDeadLetterSourceTopicPublishTime": "2026-03-01T12:00:00.000+00:00",
}
GIVEN = {"Content-Type": "application/cloudevents+json", "ce-id": "e1", "ce-watch": "ana"}


class Cemetery:
    """The topics of a project with what is dead, as Terraform makes them."""

    def __init__(self, project: str, run: Run, *, topics: tuple[str, ...]) -> None:
        self.project = project
        self._run = run
        self.publisher, self.subscriber = PublisherClient(), SubscriberClient()
        for topic in topics:
            self._make(topic, f"{topic}-watching")
            self._make(f"{topic}-dead", f"{topic}-dead")

    def _make(self, topic: str, subscription: str) -> None:
        name = f"projects/{self.project}/topics/{topic}"
        self.publisher.create_topic(name=name)
        wanted = Subscription(
            name=f"projects/{self.project}/subscriptions/{subscription}",
            topic=name,
            ack_deadline_seconds=60,
        )
        self.subscriber.create_subscription(request=wanted)

    def bury(self, topic: str, data: bytes, **attributes: str) -> str:
        """Have a message given up; gives what it is called."""
        name = f"projects/{self.project}/topics/{topic}-dead"
        message = PubsubMessage(data=data, attributes={**attributes, **MOVED})
        (number,) = self.publisher.publish(topic=name, messages=[message]).message_ids
        return f"{topic}-{number}"

    def watching(self, topic: str) -> list[PubsubMessage]:
        """Take what was published on a topic."""
        name = f"projects/{self.project}/subscriptions/{topic}-watching"
        found = self.subscriber.pull(subscription=name, max_messages=9, timeout=5).received_messages
        if found:
            ids = [one.ack_id for one in found]
            self.subscriber.acknowledge(subscription=name, ack_ids=ids)
        return [one.message for one in found]

    def list(self, *more: str) -> list[dict[str, Any]]:
        """List what is dead."""
        ended = self._run("dead-letters", "list", "--json", "--project", self.project, *more)
        assert ended.status == 0, ended.err
        found: list[dict[str, Any]] = json.loads(ended.out)
        return found


@pytest.fixture
def cemetery(firestore: Client, pubsub_emulator: str, project: str, run: Run) -> Cemetery:
    """Give a project with the queues of Terraform, less Gmail's."""
    return Cemetery(project, run, topics=("notifications", "changes"))


@pytest.fixture(autouse=True)
def _soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let one empty answer mean that all is read: the emulator gives what it has at once."""
    monkeypatch.setattr("infra.cloud.pubsub_dead._EMPTY", 1)
    monkeypatch.setattr("infra.cloud.pubsub_dead._PULL", timedelta(seconds=0.5))


def test_names_are_terraforms() -> None:
    """Each queue of the deployment has its dead topic and subscription, under these very names."""
    text = TERRAFORM.read_text()
    queues = re.findall(r"^ +(\w+) += \{ pushed_to", text, re.MULTILINE)
    assert sorted(queues) == sorted(TOPICS)
    for kind in ("topic", "subscription"):
        block = re.search(
            rf'"google_pubsub_{kind}" "dead" {{.*?^}}', text, re.DOTALL | re.MULTILINE
        )
        assert block is not None
        assert re.search(r'name += "\$\{each\.key\}-dead"', block[0])
        assert re.search(r"for_each += local\.queues", block[0])


def test_listed_and_shown_they_stay(cemetery: Cemetery, run: Run) -> None:
    """Who looks takes nothing away: the next look finds the same, with what was to be delivered."""
    job = Job(watch="bob", queued_at=NOW, reason="due")
    change = cemetery.bury("changes", b'{"id": "e1"}', **GIVEN)
    lost = cemetery.bury("notifications", write_job(job))
    for _ in range(2):
        found = {one["id"]: one for one in cemetery.list()}
        assert found.keys() == {change, lost}
    assert (found[change]["watch"], found[change]["event"]) == ("ana", "e1")
    assert (found[change]["handler"], found[change]["attempts"]) == ("changes-handle", 100)
    assert found[lost]["watch"] == "bob"
    assert [one["id"] for one in cemetery.list("--watch", "bob")] == [lost]
    shown = run("dead-letters", "show", change, "--json", "--project", cemetery.project)
    assert json.loads(shown.out)["body"] == '{"id": "e1"}'
    assert len(cemetery.list()) == 2


def test_retried_they_are_published_where_they_came_from(cemetery: Cemetery, run: Run) -> None:
    """With the attributes they had, under their watch's key, and they are no letters any more."""
    change = cemetery.bury("changes", b"one", **GIVEN)
    kept = cemetery.bury("changes", b"two", **GIVEN)
    ended = run("dead-letters", "retry", change, "--project", cemetery.project)
    assert (ended.status, ended.out) == (0, "1 dead letter queued again\n")
    (message,) = cemetery.watching("changes")
    assert (message.data, dict(message.attributes), message.ordering_key) == (b"one", GIVEN, "ana")
    assert [one["id"] for one in cemetery.list()] == [kept]
    assert run("dead-letters", "retry", "--all", "--project", cemetery.project).status == 0
    assert cemetery.list() == []


def test_dropped_they_are_gone(cemetery: Cemetery, run: Run) -> None:
    """Nothing is published; one that is not there is named."""
    first, second = (cemetery.bury("changes", text, **GIVEN) for text in (b"one", b"two"))
    ended = run("dead-letters", "drop", first, "changes-0", "--project", cemetery.project)
    assert ended.status == 2
    assert "changes-0" in ended.err
    assert first not in ended.err
    assert [one["id"] for one in cemetery.list()] == [second]
    assert cemetery.watching("changes") == []


def test_a_topic_that_is_gone_loses_nothing(cemetery: Cemetery, run: Run) -> None:
    """What cannot be published stays where it is."""
    change = cemetery.bury("changes", b"one", **GIVEN)
    cemetery.publisher.delete_topic(topic=f"projects/{cemetery.project}/topics/changes")
    ended = run("dead-letters", "retry", change, "--project", cemetery.project)
    assert ended.status == 1
    assert "topics/changes takes no messages" in ended.err
    assert [one["id"] for one in cemetery.list()] == [change]


def test_a_project_without_queues_has_none(
    firestore: Client, pubsub_emulator: str, project: str, run: Run
) -> None:
    """No dead subscription, e.g. before the first apply: an empty list, not an error."""
    ended = run("dead-letters", "list", "--project", project)
    assert (ended.status, ended.out, ended.err) == (0, "", "0 dead letters\n")
