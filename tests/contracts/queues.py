"""What every queue promises: the contracts of the ports Jobs and Changes."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

import pytest
from cloudevents.http import from_http, from_json

from functions.domain.event import Event
from functions.domain.job import read_job
from functions.domain.model import Job, Message
from functions.ports import Changes, Jobs
from infra.envelope import Envelope
from tests.contracts.endpoint import Endpoint, listening

NOW = datetime(2026, 11, 21, 12, 30, 15, 123456, tzinfo=UTC)


class Rig(Protocol):
    """A queue under test: its two ports, and a way to have its topics pushed."""

    jobs: Jobs
    changes: Changes

    def push_jobs(self, url: str) -> None:
        """Push the notification queue to an address, and again soon after a failure."""
        ...

    def push_changes(self, url: str) -> None:
        """The same for the queue of changes."""
        ...


def job(watch: str = "ana-drive", *, number: int = 1) -> Job:
    """Make a job as a notification causes it."""
    message = Message(
        channel="0f" * 16,
        number=number,
        state="change",
        resource_id="ret08u3rv24htgh289g",
        resource_uri="https://www.googleapis.com/drive/v3/changes?alt=json",
        expiration=NOW + timedelta(days=1),
        changed=("content", "parents"),
        body='{"kind": "drive#changes", "name": "Zoë \\u2028"}',
    )
    return Job(watch=watch, queued_at=NOW, reason="notification", key_id="k1", message=message)


def event(number: int, *, watch: str = "ana-drive", item: dict[str, Any] | None = None) -> Event:
    """Make the event of a change."""
    return Event(
        id=f"{watch}-{number}",
        source=f"/watches/{watch}",
        type="watchkeeper.drive.changes.file.updated",
        subject=f"1File{number}",
        time=NOW,
        watch=watch,
        account="ana@example.com",
        data={
            "kind": "file.updated",
            "item": {"id": f"1File{number}", "version": str(number), **(item or {})},
            "seen_before": True,
        },
    )


def ids(envelopes: list[Envelope]) -> list[str]:
    """Give the ids of events in the order of their first arrival."""
    return list(dict.fromkeys(envelope.attributes["ce-id"] for envelope in envelopes))


class Overlap:
    """An answer that takes its time and notices deliveries of one watch at the same time."""

    def __init__(self) -> None:
        self.met: list[str] = []
        self._running: set[str] = set()
        self._lock = threading.Lock()

    def __call__(self, envelope: Envelope) -> int:
        watch = read_job(envelope.data).watch
        with self._lock:
            if watch in self._running:
                self.met.append(watch)
            self._running.add(watch)
        time.sleep(0.02)
        with self._lock:
            self._running.discard(watch)
        return 204


class Refusing:
    """An answer that refuses the first deliveries of some events."""

    def __init__(self, *events: str, times: int = 1) -> None:
        self._left = dict.fromkeys(events, times)

    def __call__(self, envelope: Envelope) -> int:
        name = envelope.attributes.get("ce-id", "")
        self._left[name] = self._left.get(name, 0) - 1
        return 503 if self._left[name] >= 0 else 204


class _AtEndpoint:
    @pytest.fixture
    def endpoint(self) -> Iterator[Endpoint]:
        """Give an address that Pub/Sub, or what stands for it, may push to."""
        with listening() as endpoint:
            yield endpoint


class JobsContract(_AtEndpoint):
    """The notification queue; subclasses give the fixture `rig`."""

    def test_a_job_arrives_whole(self, rig: Rig, endpoint: Endpoint) -> None:
        """What is put arrives at the push endpoint in an envelope and reads back as the job."""
        rig.push_jobs(endpoint.url)
        rig.jobs.put(job())
        (envelope,) = endpoint.wait_for(1)
        assert read_job(envelope.data) == job()
        assert envelope.message_id
        assert endpoint.headers[0]["content-type"] == "application/json"

    def test_jobs_of_a_watch_come_one_at_a_time(self, rig: Rig, endpoint: Endpoint) -> None:
        """Jobs of one watch arrive in their order and never two at once."""
        overlap = Overlap()
        endpoint.answer = overlap
        rig.push_jobs(endpoint.url)
        sent = [job(watch, number=n) for n in range(1, 9) for watch in ("ana", "bob")]
        for each in sent:
            rig.jobs.put(each)
        arrived = [read_job(envelope.data) for envelope in endpoint.wait_for(len(sent))]
        for watch in ("ana", "bob"):
            assert [j for j in arrived if j.watch == watch] == [j for j in sent if j.watch == watch]
        assert overlap.met == []

    def test_a_refused_job_comes_again(self, rig: Rig, endpoint: Endpoint) -> None:
        """An answer that is not 2xx brings the job again, under the same message id."""
        endpoint.answer = Refusing("", times=2)
        rig.push_jobs(endpoint.url)
        rig.jobs.put(job())
        arrived = endpoint.wait_for(3)
        assert {read_job(envelope.data).watch for envelope in arrived} == {"ana-drive"}
        assert len({envelope.message_id for envelope in arrived}) == 1

    def test_an_accepted_job_is_gone(self, rig: Rig, endpoint: Endpoint) -> None:
        """After a 2xx the job does not come again."""
        rig.push_jobs(endpoint.url)
        rig.jobs.put(job())
        endpoint.wait_for(1)
        assert len(endpoint.settle()) == 1

    def test_a_watch_with_a_very_long_name_is_queued(self, rig: Rig, endpoint: Endpoint) -> None:
        """A name that is too long for an ordering key is no reason to refuse a job."""
        rig.push_jobs(endpoint.url)
        rig.jobs.put(job("ü" * 2000))
        (envelope,) = endpoint.wait_for(1)
        assert read_job(envelope.data).watch == "ü" * 2000


class ChangesContract(_AtEndpoint):
    """The queue of changes; subclasses give the fixture `rig`."""

    def test_an_event_arrives_whole(self, rig: Rig, endpoint: Endpoint) -> None:
        """The official reader finds the event complete in the message's data."""
        rig.push_changes(endpoint.url)
        sent = event(7, item={"name": 'Zoë \U0001f600 "\u2028"', "size": 2**60, "none": None})
        rig.changes.tell([sent])
        (envelope,) = endpoint.wait_for(1)
        read = from_json(envelope.data)
        assert read.get_attributes() == sent.attributes()
        assert read.get_data() == sent.data

    def test_attributes_allow_to_filter(self, rig: Rig, endpoint: Endpoint) -> None:
        """The message bears the event's attributes and is read as structured, not as binary."""
        rig.push_changes(endpoint.url)
        sent = event(7)
        rig.changes.tell([sent])
        (envelope,) = endpoint.wait_for(1)
        named = {f"ce-{n}": t for n, t in sent.attributes().items() if n != "specversion"}
        assert envelope.attributes == {"Content-Type": "application/cloudevents+json", **named}
        assert from_http(envelope.attributes, envelope.data).get_data() == sent.data

    def test_events_of_a_watch_keep_their_order(self, rig: Rig, endpoint: Endpoint) -> None:
        """Events arrive in the order in which they were told, also over several calls."""
        rig.push_changes(endpoint.url)
        sent = [event(n) for n in range(30)]
        rig.changes.tell(sent[:10])
        rig.changes.tell(sent[10:])
        assert [e.id for e in sent] == ids(endpoint.wait_for(30))

    def test_order_survives_a_failure(self, rig: Rig, endpoint: Endpoint) -> None:
        """A refused event comes again before the next of its watch is done."""
        endpoint.answer = Refusing("ana-drive-2", "ana-drive-5")
        rig.push_changes(endpoint.url)
        rig.changes.tell([event(n) for n in range(8)])
        endpoint.wait_for(10)
        last = {e.attributes["ce-id"]: i for i, e in enumerate(endpoint.settle())}
        assert sorted(last, key=lambda each: last[each]) == [f"ana-drive-{n}" for n in range(8)]

    def test_a_failing_watch_holds_up_no_other(self, rig: Rig, endpoint: Endpoint) -> None:
        """While the events of one watch are refused, those of another arrive."""
        endpoint.answer = Refusing("ana-drive-0", times=10_000)
        rig.push_changes(endpoint.url)
        rig.changes.tell([event(n) for n in range(3)])
        endpoint.wait_for(1)
        sent = [event(n, watch="bob-drive") for n in range(3)]
        rig.changes.tell(sent)
        deadline = time.monotonic() + 30
        while set(ids(endpoint.settle(0.05))) < {e.id for e in sent}:
            assert time.monotonic() < deadline

    def test_many_events_are_told_at_once(self, rig: Rig, endpoint: Endpoint) -> None:
        """More events than one request may hold all arrive, in order."""
        rig.push_changes(endpoint.url)
        sent = [event(n, item={"description": "x" * 500}) for n in range(2500)]
        rig.changes.tell(sent)
        deadline = time.monotonic() + 50
        while len(ids(list(endpoint.arrived))) < len(sent):
            assert time.monotonic() < deadline, len(endpoint.arrived)
            time.sleep(0.05)
        assert ids(list(endpoint.arrived)) == [e.id for e in sent]

    def test_large_events_are_told_at_once(self, rig: Rig, endpoint: Endpoint) -> None:
        """Events that fill several requests by their size arrive; too large a one is shortened."""
        rig.push_changes(endpoint.url)
        sent = [event(n, item={"description": "x" * 3_000_000}) for n in range(5)]
        sent.insert(2, event(9, item={"description": "x" * 12_000_000}))
        rig.changes.tell(sent)
        deadline = time.monotonic() + 50
        while len(ids(list(endpoint.arrived))) < len(sent):
            assert time.monotonic() < deadline
            time.sleep(0.05)
        read = [json.loads(e.data)["data"] for e in endpoint.arrived]
        assert ids(list(endpoint.arrived)) == [e.id for e in sent]
        assert [each.get("truncated", False) for each in read] == [e.id.endswith("9") for e in sent]
        assert read[2]["item"] == {"id": "1File9", "version": "9"}

    def test_nothing_to_tell_is_nothing(self, rig: Rig, endpoint: Endpoint) -> None:
        """Telling no events is no error."""
        rig.push_changes(endpoint.url)
        rig.changes.tell([])
        assert endpoint.settle(0.1) == []
