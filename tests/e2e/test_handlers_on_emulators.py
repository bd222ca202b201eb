"""Handlers with the state in Firestore and the queues in Pub/Sub: on the emulators."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from standardwebhooks import Webhook

from tests.e2e.machine import Machine
from tests.e2e.patience import eventually
from tests.e2e.processes import finish
from tests.e2e.simulated import Simulated
from tests.e2e.test_handlers import ANA, NEW, begin, forwarding, secret
from tests.receiver import receiving

FIRESTORE = ("--store", "firestore")


@pytest.mark.timeout(90)
def test_handlers_on_pubsub(
    google: Simulated,
    machines: Callable[..., Machine],
    firestore_address: str,
    pubsub_address: str,
    project: str,
) -> None:
    """Changes are pushed to `handle`; dead letters are found and retried through Firestore."""
    environment = {
        "FIRESTORE_EMULATOR_HOST": firestore_address,
        "PUBSUB_EMULATOR_HOST": pubsub_address,
        "GOOGLE_CLOUD_PROJECT": project,
    }
    machine = machines(options=FIRESTORE, environment=environment)

    def command(*words: str) -> str:
        done = finish(*words, *FIRESTORE, folder=machine.folder, environment=environment)
        assert done.status == 0, done.err
        return done.out

    secret(machine, NEW)
    with receiving() as receiver:
        program = begin(machine, forwarding(receiver.url))
        google.create(ANA, "a.txt")
        machine.logs("handler dead", detail="private addresses")
        (letter,) = json.loads(command("dead-letters", "list", "--json"))
        program.end()
        machine.serve("--allow-private-forward")
        command("dead-letters", "retry", letter["id"])
        (got,) = eventually("the retried event", lambda: receiver.accepted)
        assert Webhook(NEW).verify(got.body, got.headers)["id"] == letter["event"]
        assert json.loads(command("dead-letters", "list", "--json")) == []
        replay = ("replay", "--watch", "ana-drive", "--since", "1h", *FIRESTORE)
        ended = finish(*replay, folder=machine.folder, environment=environment)
        assert "keeps nothing to replay" in ended.err  # as Google's own, it could not be tried
