"""What the entry point `handle` answers: 5xx for what a repetition can mend, no more."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from functions_framework import create_app
from werkzeug.test import Client

from functions.domain.errors import Unavailable
from infra import wiring
from infra.cloudevent import encode
from tests.functions.handlers.rig import Rig, event, forward
from tests.world.doorway import MAIN

URL = "https://a.example/hook"


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Rig]:
    """Give handlers on whose ports the entry points of this process work."""
    rig = Rig(tmp_path)
    rig.declare(forward(URL))
    before = wiring._current.wiring
    wired: Any = SimpleNamespace(handling=rig.handling, journal=lambda _: rig.journal)
    wiring._current.wiring = wired
    yield rig
    wiring._current.wiring = before
    rig.store.close()


def pushed(data: bytes, attempt: int = 1) -> int:
    """Push a message as Pub/Sub does; give the answer's status."""
    message = {"data": b64encode(data).decode(), "messageId": "1", "attributes": {}}
    envelope = {"message": message, "subscription": "s", "deliveryAttempt": attempt}
    application = create_app("handle", str(MAIN), "http")  # type: ignore[no-untyped-call]
    return Client(application).post("/", data=json.dumps(envelope)).status_code


def test_a_failure_brings_the_change_again(rig: Rig) -> None:
    """A receiver that is down: 503, so that the queue keeps it; once it answers, 204."""
    rig.posting.answers[URL] = Unavailable("the receiver does not answer")
    assert pushed(encode(event()).data) == 503
    del rig.posting.answers[URL]
    assert pushed(encode(event()).data, attempt=2) == 204
    assert rig.outcomes() == ["failed", "change not handled", "done"]


def test_what_is_no_change_is_dropped(rig: Rig) -> None:
    """A repetition would be as unreadable: 204, and a line in the log."""
    assert pushed(b"no event") == 204
    assert [text for text, _ in rig.journal.warnings] == ["change dropped"]
