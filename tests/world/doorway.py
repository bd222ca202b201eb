"""`receive` as it is deployed: behind functions-framework, on ports of the world."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from functions_framework import create_app
from werkzeug.test import Client, EnvironBuilder, TestResponse, run_wsgi_app

from functions import ports
from functions.domain import token
from functions.receive import Request, receive
from infra import wiring
from tests.world.ports import HeldKeys, Notebook, WorldClock, key
from tests.world.queues import WorldJobs

MAIN = Path(__file__).resolve().parent.parent.parent / "main.py"
CHANNEL = "c" * 32
WATCH = "ana-drive"


class Doorway:
    """A wiring that has what `receive` may touch, and nothing else."""

    def __init__(self) -> None:
        self.clock: ports.Clock = WorldClock()
        self.ring = HeldKeys("k2", "k1")
        self.keys: ports.Keys = self.ring
        self.queue = WorldJobs(self.clock)
        self.jobs: ports.Jobs = self.queue
        self.notebook = Notebook()
        self.client: Client = Client(_application())
        self._environ: dict[str, Any] = {}

    def journal(self, component: str) -> ports.Journal:
        """Give one notebook for all."""
        assert component == "receive"
        return self.notebook

    def knock(self, given: Mapping[str, str]) -> tuple[int, object]:
        """Post without a client, for those who come thousands of times."""
        if not self._environ:
            self._environ = EnvironBuilder("/", method="POST").get_environ()
        named = {"HTTP_" + name.upper().replace("-", "_"): text for name, text in given.items()}
        answer, status, told = run_wsgi_app(self.client.application, {**self._environ, **named})
        return int(status[:3]), (b"".join(answer), str(sorted(told)))

    def ask(self, given: Mapping[str, str]) -> tuple[int, object]:
        """Ask the flow itself, without any framework around it."""
        asked = Request(method="POST", headers=given, length=0, read=lambda _: b"")
        reply = receive(
            asked, keys=self.keys, jobs=self.jobs, clock=self.clock, journal=self.notebook
        )
        return int(reply.status), (reply.text, str(sorted(reply.headers)))

    def post(self, headers: Mapping[str, str], data: bytes = b"", **more: Any) -> TestResponse:
        """Post a notification."""
        return self.client.post("/", headers=dict(headers), data=data, **more)


def proof(*, signer: str = "k1", channel: str = CHANNEL, watch: str = WATCH) -> str:
    """Make a token as the key of that name would."""
    return token.mint(key(signer), channel=channel, watch=watch)


def headers(**changed: str | None) -> dict[str, str]:
    """Give the headers of a genuine notification, some changed or left out (None)."""
    given: dict[str, str | None] = {
        "X-Goog-Channel-ID": CHANNEL,
        "X-Goog-Channel-Token": proof(),
        "X-Goog-Channel-Expiration": "Mon, 02 Mar 2026 12:00:00 GMT",
        "X-Goog-Message-Number": "7",
        "X-Goog-Resource-ID": "resource",
        "X-Goog-Resource-State": "change",
        "X-Goog-Resource-URI": "https://www.googleapis.com/drive/v3/changes?alt=json",
    }
    for name, value in changed.items():
        given["X-Goog-" + name.replace("_", "-")] = value
    return {name: value for name, value in given.items() if value is not None}


@contextmanager
def opened() -> Iterator[Doorway]:
    """Have the entry points of this process use a doorway."""
    before = wiring._current.wiring
    doorway = Doorway()
    bare: Any = doorway  # asking it for a store, say, is an error: no answer depends on one
    wiring.use(bare)
    try:
        yield doorway
    finally:
        wiring._current.wiring = before


def _application() -> Any:
    return create_app("receive", str(MAIN), "http")  # type: ignore[no-untyped-call]
