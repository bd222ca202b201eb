"""The two hosts of `receive`: functions-framework as in the cloud, and `serve`'s public port."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from google.api_core.exceptions import DeadlineExceeded
from google.pubsub_v1 import SubscriberClient

from functions.domain.job import read_job
from functions.domain.keyring import parse_ring
from infra.cloud.pubsub_setup import set_up, subscription_name
from tests.e2e.machine import Machine
from tests.e2e.patience import eventually
from tests.e2e.processes import free_ports
from tests.emulators import PUBSUB
from tests.hostile.genuine import CHANNEL, Genuine
from tests.hostile.target import Target
from tests.processes.hosted import Hosted, most_held
from tests.processes.installation import RING, THREADS, route
from tests.processes.tap import TAP


@contextmanager
def _hosted(folder: Path, pubsub: str, project: str) -> Iterator[Target]:
    keys = folder / "signing-keys"
    keys.write_text(RING + "\n")
    environment = {
        PUBSUB.variable: pubsub,
        "THREADS": str(THREADS["receive"]),
        "WATCHKEEPER_KEYS": str(keys),
        "WATCHKEEPER_NOTIFICATIONS": f"projects/{project}/topics/notifications",
        "WATCHKEEPER_PROJECT": project,
    }
    set_up(project, [route("notifications", TAP, None)])
    function = Hosted("receive", free_ports()[0], environment, folder=folder)
    numbers: set[int] = set()

    def queued() -> set[int]:
        numbers.update(_pulled(project))
        return numbers

    function.start()
    try:
        function.wait()
        yield Target(
            port=function.port, ring=parse_ring(RING), memory=function.memory, queued=queued
        )
    finally:
        function.end()


def _pulled(project: str) -> Iterator[int]:
    name = subscription_name(project, TAP)
    with SubscriberClient() as subscriber:
        while True:
            try:
                found = subscriber.pull(subscription=name, max_messages=1000, timeout=2, retry=None)
            except DeadlineExceeded:
                return
            messages = [read_job(each.message.data).message for each in found.received_messages]
            yield from (each.number for each in messages if each and each.channel == CHANNEL)
            taken = [each.ack_id for each in found.received_messages]
            if not taken:
                return
            subscriber.acknowledge(subscription=name, ack_ids=taken)


@contextmanager
def _served(folder: Path) -> Iterator[Target]:
    machine = Machine(folder, "http://127.0.0.1:9")
    machine.declare()
    program = machine.serve()
    ring = parse_ring((folder / "secrets" / "signing-keys").read_text())

    def queued() -> set[int]:
        return {line["number"] for line in machine.log("queued") if line["channel"] == CHANNEL}

    try:
        yield Target(
            port=machine.port,
            ring=ring,
            memory=lambda: most_held(program.process.pid),
            queued=queued,
        )
        assert program.is_running
    finally:
        machine.put_down()


@pytest.fixture(scope="module", params=["functions-framework", "serve"])
def target(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Target]:
    """Run a receiver that has received before: what it needs once it holds already."""
    folder = tmp_path_factory.mktemp("target")
    with ExitStack() as stack:
        if request.param == "serve":
            found = request.getfixturevalue("served")
        else:
            pubsub = request.getfixturevalue("pubsub_address")
            stack.enter_context(pytest.MonkeyPatch.context()).setenv(PUBSUB.variable, pubsub)
            project = f"test-{uuid.uuid4().hex[:12]}"
            found = stack.enter_context(_hosted(folder, pubsub, project))
        with Genuine(found.port, found.ring, every=0.01) as genuine:
            eventually("the first ones", lambda: len(genuine.taken) > 20)
        yield found


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Target]:
    """Run `serve`."""
    with _served(tmp_path_factory.mktemp("served")) as running:
        yield running
