"""What is pushed to private functions, and what documents hold, spoilt at every key."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Iterator
from typing import Any

import pytest
from functions_framework import create_app
from hypothesis import HealthCheck, given
from hypothesis import settings as bounded
from hypothesis import strategies as st
from werkzeug.test import Client

from functions.declared.declaration import check_watch, read_watch
from functions.domain.event import rfc3339
from functions.domain.job import write_job
from functions.domain.model import Job, Message
from infra import wiring
from infra.cloudevent import encode
from tests.functions.domain.anything import json_values
from tests.functions.handlers.rig import Rig, event, forward
from tests.hostile.spoiled import ODD, places, spoil, spoilt
from tests.world.doorway import MAIN
from tests.world.ports import START
from tests.world.system import ANA, SECOND, TICK, System

MESSAGE = Message(
    channel="c" * 32,
    number=1,
    state="change",
    resource_id="r",
    resource_uri="https://x/",
    body="{}",
)
JOB = json.loads(
    write_job(
        Job(watch="ana", queued_at=START, reason="notification", key_id="k1", message=MESSAGE)
    )
)
GMAIL = {"emailAddress": ANA, "historyId": 7}
TOLD = json.loads(encode(event()).data)
OUTER = {
    "message": {
        "data": "",
        "attributes": {"ce-id": "e1", "googclient_schemaencoding": "JSON"},
        "messageId": "1",
        "message_id": "1",
        "publishTime": rfc3339(START),
    },
    "subscription": "projects/p/subscriptions/s",
    "deliveryAttempt": 1,
}


def _pushed(data: bytes, outer: dict[str, Any]) -> bytes:
    message = outer.get("message")
    if isinstance(message, dict) and message.get("data") == "":
        outer = {**outer, "message": {**message, "data": b64encode(data).decode()}}
    return json.dumps(outer).encode()


def _bodies(*documents: Any) -> st.SearchStrategy[bytes]:
    data = st.one_of([spoilt(each) for each in documents]) | json_values
    inner = data.map(lambda value: json.dumps(value).encode()) | st.binary(max_size=20)
    outer = st.just(OUTER) | spoilt(OUTER)
    return st.builds(_pushed, inner, outer) | st.binary(max_size=20)


class _Wired:
    """A wiring of these ports and no others."""

    def __init__(self, **ports: Any) -> None:
        self.__dict__.update(ports)
        self.journal = lambda component: ports["notes"]


@pytest.fixture(scope="module")
def sync_client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    """Serve `sync` for a covered watch."""
    system = System(tmp_path_factory.mktemp("sync"))
    system.begin()
    names = ("store", "google", "jobs", "changes", "keys", "clock", "chance", "terms")
    with _wired(notes=system.journal, **{name: getattr(system, name) for name in names}):
        yield Client(create_app("sync", str(MAIN), "http"))  # type: ignore[no-untyped-call]
    system.close()


@pytest.fixture(scope="module")
def handle_client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    """Serve `handle` for a watch with a handler."""
    rig = Rig(tmp_path_factory.mktemp("handle"))
    rig.declare(forward())
    with _wired(notes=rig.journal, handling=rig.handling):
        yield Client(create_app("handle", str(MAIN), "http"))  # type: ignore[no-untyped-call]
    rig.store.close()


class _wired:  # noqa: N801 - used as a context
    def __init__(self, **ports: Any) -> None:
        self._wiring: Any = _Wired(**ports)

    def __enter__(self) -> None:
        self._before = wiring._current.wiring
        wiring.use(self._wiring)

    def __exit__(self, *error: object) -> None:
        wiring._current.wiring = self._before


@bounded(max_examples=80, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(body=_bodies(JOB, GMAIL))
def test_any_push_to_sync_is_acknowledged(sync_client: Client, body: bytes) -> None:
    """Invariant: done, or dropped with a line in the log: a repetition would be as unreadable."""
    assert sync_client.post("/", data=body).status_code == 204


@bounded(max_examples=80, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(body=_bodies(TOLD))
def test_any_push_to_handle_is_acknowledged(handle_client: Client, body: bytes) -> None:
    """Invariant: handled, or dropped with a line in the log."""
    assert handle_client.post("/", data=body).status_code == 204


DECLARED = {
    "source": "drive.changes",
    "subject": "ben@example.com",
    "params": {"spaces": "drive"},
    "poll": "1h",
    "ttl": "24h",
    "push": True,
    "paused": False,
    "handle": [{"forward": {"url": "https://example.com/", "secret": "key"}}],
}


def test_every_key_of_a_declaration_may_be_wrong() -> None:
    """Each place by each odd value: faults that can be shown, or a watch that can be read."""
    for place in places(DECLARED):
        for by in ODD:
            document = {"id": "odd", **spoil(DECLARED, place, by)}
            faults = [str(fault) for fault in check_watch(document)]
            assert all(faults)
            assert faults or read_watch(document).id == "odd"


@bounded(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(document=spoilt(DECLARED) | st.dictionaries(st.text(max_size=3), json_values, max_size=3))
def test_any_document_leaves_other_watches_alone(
    tmp_path_factory: pytest.TempPathFactory, document: dict[str, Any]
) -> None:
    """Invariant: it is watched or parked and told of; the watch beside it is covered as ever."""
    system = System(tmp_path_factory.mktemp("declared"))
    try:
        system.declare(ana={"source": "drive.changes", "subject": ANA}, odd=document)
        system.pass_time(TICK * 2 + SECOND)
        file = system.drive.create(ANA, name="a")
        system.pass_time(5 * SECOND)
        told = [told.subject for told in system.sink.told if told.watch == "ana"]
        assert told == [file.id]
        assert {"ana", "odd"} <= {each.watch for each in system.sqlite.all_progress()}
    finally:
        system.close()
