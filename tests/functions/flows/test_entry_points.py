"""The private entry points behind functions-framework: what they answer, and when with 5xx."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Iterator
from dataclasses import replace

import pytest
from functions_framework import create_app
from werkzeug.test import Client, TestResponse

from functions import ports
from functions.domain.errors import Unavailable
from functions.domain.job import write_job
from functions.domain.model import Job, Message
from functions.terms import Terms
from infra import wiring
from tests.world.doorway import MAIN
from tests.world.system import ANA, SECOND, TICK, System


class SystemWiring:
    """The ports of a system, for entry points."""

    def __init__(self, system: System) -> None:
        self.store, self.google, self.jobs = system.store, system.google, system.jobs
        self.changes, self.keys, self.crew = system.changes, system.keys, system.crew
        self.clock: ports.Clock = system.clock
        self.chance: ports.Chance = system.chance
        self.terms: Terms = system.terms
        self._journal = system.journal

    def journal(self, component: str) -> ports.Journal:
        """Give one notebook for all."""
        del component
        return self._journal


@pytest.fixture
def wired(system: System) -> Iterator[System]:
    """Give a covered watch on whose ports the entry points of this process work."""
    system.begin()
    system.pass_time(10 * SECOND)
    system.near.world.faults.set("drop")
    before = wiring._current.wiring
    wiring._current.wiring = SystemWiring(system)  # type: ignore[assignment]
    yield system
    wiring._current.wiring = before


def call(target: str, body: bytes = b"", method: str = "POST") -> TestResponse:
    """Call an entry point as its trigger does."""
    application = create_app(target, str(MAIN), "http")  # type: ignore[no-untyped-call]
    return Client(application).open("/", method=method, data=body)


def pushed(data: bytes) -> bytes:
    """Make the envelope in which Pub/Sub pushes a message."""
    message = {"data": b64encode(data).decode(), "messageId": "1", "attributes": {}}
    return json.dumps({"message": message, "subscription": "projects/p/subscriptions/s"}).encode()


def job(system: System, body: str = "") -> Job:
    """Make the job of a notification of an unknown channel, queued now."""
    message = Message(
        channel="c" * 32,
        number=1,
        state="change",
        resource_id="r",
        resource_uri="https://example.com/",
        body=body,
    )
    return Job(
        watch="ana",
        queued_at=system.clock.now(),
        reason="notification",
        key_id="k1",
        message=message,
    )


@pytest.mark.parametrize("target", ["renew", "sync"])
@pytest.mark.parametrize("method", ["GET", "PUT"])
def test_private_functions_take_posts_only(wired: System, target: str, method: str) -> None:
    """As `receive` does: 405, and which method is allowed."""
    answer = call(target, method=method)
    assert (answer.status_code, answer.headers["Allow"]) == (405, "POST")


def test_sync_does_the_job_in_the_envelope(wired: System) -> None:
    """The whole way: headers and body travel in the job's data, and the change is told."""
    file = wired.drive.create(ANA, name="a")
    answer = call("sync", pushed(write_job(job(wired))))
    assert answer.status_code == 204
    assert wired.sink.kinds(file.id) == ["file.created"]


def test_large_body_travels_with_its_job(wired: System) -> None:
    """More than an attribute could hold: 256 KiB of it arrive."""
    large = job(wired, "\u00e4" * 128 * 1024)
    wired.queue.put(large)
    assert wired.queue.take() == large


def test_job_that_quotes_gmail_is_a_job(wired: System) -> None:
    """A body may speak of an `emailAddress`: that makes it no announcement of Gmail's."""
    file = wired.drive.create(ANA, name="a")
    quoting = job(wired, json.dumps({"emailAddress": ANA, "historyId": 7}))
    assert call("sync", pushed(write_job(quoting))).status_code == 204
    assert wired.sink.kinds(file.id) == ["file.created"]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{}",
        b"no JSON",
        b'{"message": {"data": "***"}}',
        pushed(b"no job"),
        pushed(b'{"watch": ""}'),
        pushed(b'{"emailAddress": 7}'),
        pushed(b'{"emailAddress": "ana@example.com"'),
        pushed(b"[" * 100_000),
    ],
)
def test_unreadable_job_is_dropped(wired: System, body: bytes) -> None:
    """A repetition would be as unreadable: 204, and a line in the log."""
    assert call("sync", body).status_code == 204
    assert [text for text, _ in wired.journal.warnings] == ["job dropped"]


def test_sync_fails_only_with_store_or_queue(wired: System) -> None:
    """What Google refuses is done with; an outage of ours brings the job again."""
    wired.near.refuse("*", Unavailable("503 backendError"))
    assert call("sync", pushed(write_job(job(wired)))).status_code == 204
    wired.clock.move(TICK)
    wired.drive.create(ANA, name="a")
    wired.sink.fails = True
    later = replace(job(wired), queued_at=wired.clock.now())
    assert call("sync", pushed(write_job(later))).status_code == 503


def test_renew_answers_for_its_tick(wired: System) -> None:
    """Done: 204. The store cannot be reached: 503, and the scheduler comes again anyway."""
    assert call("renew").status_code == 204

    def fail() -> None:
        raise Unavailable("the store cannot be reached")

    wired.wire.before("store.due", fail)
    assert call("renew").status_code == 503
    assert [text for text, _ in wired.journal.warnings] == ["tick failed"]
