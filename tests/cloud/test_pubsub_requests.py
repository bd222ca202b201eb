"""Requests to Pub/Sub stay within its limits, and its failures within our patience."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from datetime import timedelta

import pytest
from google.pubsub_v1 import PublishRequest, PubsubMessage
from hypothesis import given
from hypothesis import strategies as st

from functions.domain.errors import Unavailable
from infra.cloud.patience import Patience
from infra.cloud.pubsub import PubsubChanges, requests
from infra.cloud.pubsub_jobs import PubsubJobs, publish_request
from infra.cloud.pubsub_setup import Route, set_up, topic_name
from tests.contracts.endpoint import listening
from tests.contracts.queues import Refusing, event, job

LITTLE = Patience(each=timedelta(milliseconds=300), whole=timedelta(milliseconds=800))
BRIEF = timedelta(milliseconds=50)


def message(text: str, *, key: str = "ana") -> PubsubMessage:
    """Make a message."""
    return PubsubMessage(data=text.encode(), ordering_key=key)


def route(url: str) -> Route:
    """Push the changes to an address."""
    return Route(
        topic="changes",
        subscription="handle",
        url=url,
        first=BRIEF,
        longest=BRIEF,
    )


@given(
    st.lists(st.tuples(st.sampled_from("ab"), st.integers(0, 60))),
    st.integers(1, 5),
    st.integers(1, 200),
)
def test_requests_are_within_the_limits(
    shapes: list[tuple[str, int]], most: int, most_bytes: int
) -> None:
    """Invariant: all messages in order; a request has one key, and only one message goes over."""
    messages = [message("x" * size, key=key) for key, size in shapes]
    split = list(requests(iter(messages), most=most, most_bytes=most_bytes))
    assert [each for request in split for each in request] == messages
    for request in split:
        sizes = [int(PubsubMessage.pb(each).ByteSize()) for each in request]
        assert 1 <= len(request) <= most
        assert len({each.ordering_key for each in request}) == 1
        assert len(request) == 1 or sum(sizes) <= most_bytes


def test_requests_are_as_few_as_can_be() -> None:
    """Messages of one key that fit together go together."""
    split = requests([message("x")] * 2500)
    assert [len(request) for request in split] == [1000, 1000, 500]


def test_a_missing_topic_is_unavailable(pubsub_emulator: str, project: str) -> None:
    """Where there is no topic nothing is durable, and the error names it."""
    topic = topic_name(project, "notifications")
    with pytest.raises(Unavailable, match=topic):
        PubsubJobs(topic, patience=LITTLE).put(job())


@pytest.fixture
def silent(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Lead clients to an address that takes connections and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        monkeypatch.setenv("PUBSUB_EMULATOR_HOST", f"127.0.0.1:{server.getsockname()[1]}")
        yield


@pytest.fixture
def absent(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lead clients to an address where nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        monkeypatch.setenv("PUBSUB_EMULATOR_HOST", f"127.0.0.1:{server.getsockname()[1]}")


@pytest.mark.parametrize("outage", ["silent", "absent"])
def test_an_outage_is_told_in_time(outage: str, request: pytest.FixtureRequest) -> None:
    """A Pub/Sub that cannot be reached is given up after the whole patience, not later."""
    request.getfixturevalue(outage)
    changes = PubsubChanges("projects/p/topics/changes", patience=LITTLE)
    began = time.monotonic()
    with pytest.raises(Unavailable):
        changes.tell([event(1)])
    assert time.monotonic() - began < 2


def test_a_failure_pauses_no_key(pubsub_emulator: str, project: str) -> None:
    """The same client publishes under the same ordering key as soon as Pub/Sub takes messages."""
    jobs = PubsubJobs(topic_name(project, "notifications"), patience=LITTLE)
    with pytest.raises(Unavailable):
        jobs.put(job())
    set_up(project, [])
    jobs.put(job())


def test_a_regional_endpoint_is_asked_for(
    pubsub_emulator: str, project: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The client goes to the endpoint it is told, unless there is an emulator."""
    set_up(project, [])
    topic = topic_name(project, "notifications")
    endpoint = "europe-west1-pubsub.googleapis.com"
    jobs = PubsubJobs(topic, endpoint=endpoint)
    jobs.put(job())
    assert jobs.address == pubsub_emulator
    monkeypatch.delenv("PUBSUB_EMULATOR_HOST")
    assert PubsubJobs(topic, endpoint=endpoint).address == f"{endpoint}:443"
    assert PubsubJobs(topic).address == "pubsub.googleapis.com:443"


@given(st.binary(max_size=300) | st.just(b"x" * 20_000), st.text(max_size=40))
def test_what_is_written_by_hand_is_what_google_s_client_writes(data: bytes, key: str) -> None:
    """Invariant: Google's own type reads the request back."""
    sent = publish_request("projects/p/topics/t", data, key)
    message = PubsubMessage(data=data, ordering_key=key)
    asked = PublishRequest(topic="projects/p/topics/t", messages=[message])
    assert PublishRequest.deserialize(sent) == asked


@pytest.mark.parametrize("outage", ["silent", "absent"])
def test_a_job_is_given_up_in_time(outage: str, request: pytest.FixtureRequest) -> None:
    """Google waits for `receive`: after the whole patience it is told to come again."""
    request.getfixturevalue(outage)
    began = time.monotonic()
    with pytest.raises(Unavailable, match=r"DEADLINE_EXCEEDED|UNAVAILABLE"):
        PubsubJobs("projects/p/topics/notifications", patience=LITTLE).put(job())
    assert 0.3 < time.monotonic() - began < 2


def test_nothing_is_given_up(pubsub_emulator: str, project: str) -> None:
    """A message that fails more often than a dead-letter policy allows still comes again."""
    with listening() as endpoint:
        endpoint.answer = Refusing(event(1).id, times=6)
        set_up(project, [route(endpoint.url)])
        PubsubChanges(topic_name(project, "changes")).tell([event(1)])
        assert len(endpoint.wait_for(7)) == 7


def test_set_up_again_it_pushes_to_the_new_address(pubsub_emulator: str, project: str) -> None:
    """What waits for a port that is gone arrives at the new one."""
    with listening() as endpoint:
        set_up(project, [route(endpoint.url)])
    changes = PubsubChanges(topic_name(project, "changes"))
    changes.tell([event(1)])
    with listening() as endpoint:
        set_up(project, [route(endpoint.url)])
        changes.tell([event(2)])
        arrived = endpoint.wait_for(2)
        assert [envelope.attributes["ce-id"] for envelope in arrived] == [
            event(1).id,
            event(2).id,
        ]


def test_setting_up_without_pubsub_is_unavailable(absent: None) -> None:
    """A Pub/Sub that is not there is told as such."""
    with pytest.raises(Unavailable, match="set up"):
        set_up("p", [], patience=timedelta(milliseconds=200))
