"""What is published of one watch stays in order: every message carries its key."""

from __future__ import annotations

import pytest
from google.pubsub_v1 import PublishRequest, PubsubMessage

from infra.cloud.pubsub import PubsubChanges, Topic
from infra.cloud.pubsub_jobs import PubsubJobs
from tests.contracts.queues import event, job

TOPIC = "projects/p/topics/t"


def test_changes_carry_the_key_of_their_watch(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without it `file.removed` may overtake `file.created`."""
    sent: list[PubsubMessage] = []
    monkeypatch.setattr(Topic, "publish", lambda _, messages: sent.extend(messages))
    PubsubChanges(TOPIC).tell([event(1, watch="ana"), event(2, watch="ben"), event(3, watch="ana")])
    assert [message.ordering_key for message in sent] == ["ana", "ben", "ana"]


def test_jobs_carry_the_key_of_their_watch(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without it a burst has many instances fight over one document."""
    sent: list[bytes] = []

    def publish(_: PubsubJobs, request: bytes, until: float) -> None:
        sent.append(request)

    monkeypatch.setattr(PubsubJobs, "_publish", publish)
    PubsubJobs(TOPIC).put(job())
    [message] = PublishRequest.deserialize(sent[0]).messages
    assert message.ordering_key == job().watch
