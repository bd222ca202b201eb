"""The system as in `system`, but every call goes through Google's own client library, over HTTP.

The server shares the world, and so the clock, of the simulated Google beside us.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from functions.channels.announcement import announce, read_announcement
from functions.declared.memo import COMPARE_EVERY, CONTROL
from functions.domain.errors import Conflict, Unavailable
from functions.ports import Clock
from functions.sources.call import Answer, Call
from functions.terms import Terms
from infra.cloud.bearer import SERVICE_ACCOUNT, simulated
from infra.cloud.google_api import GoogleApi
from infra.envelope import read_envelope
from infra.local.google.listener import Listener
from infra.local.google.message import Message, Outcome
from tests.world.google import NearGoogle
from tests.world.judge import judge
from tests.world.system import ADDRESS, TICK, System

TOPIC = "projects/local/topics/gmail"
PUSHED_AT = "https://push.example.com/sync"


class FarGoogle(NearGoogle):
    """The port `Google` as it is deployed, on a simulated Google that lives by our clock."""

    def __init__(self, clock: Clock, *, seed: int = 0) -> None:
        super().__init__(clock, seed=seed)
        self.wrong: list[str] = []  # calls that Google's documents do not allow
        self._listener = Listener("127.0.0.1", 0, self._app)
        self._thread = threading.Thread(
            target=self._listener.serve_forever, args=(0.005,), daemon=True
        )
        self._thread.start()
        root = f"http://127.0.0.1:{self._listener.server_port}"
        self._api = GoogleApi(simulated, root=root, clock=clock)

    def call(self, call: Call, *, subject: str | None) -> Answer:
        self.clock.sleep(self.cost)
        name = f"{call.api}.{call.method}"
        self.calls.append((name, subject or SERVICE_ACCOUNT))
        self._judge(call)
        self._refuse(name, done=False)
        answer = self._api.call(call, subject=subject)
        if self.between is not None:
            self.between(call)
        self._refuse(name, done=True)
        return answer

    def _judge(self, call: Call) -> None:
        try:
            judge(call)
        except AssertionError as error:  # what is raised in a flow would only be logged
            self.wrong.append(str(error))

    def close(self) -> None:
        """End the server and the connections."""
        self._api.close()
        self._listener.end()
        self._thread.join()


class FarSystem(System):
    """Everything in one hand, Gmail's topic included."""

    def __init__(self, folder: Path, *, seed: int = 0) -> None:
        terms = Terms(address=ADDRESS, short_polls=True, gmail_topic=TOPIC)
        super().__init__(folder, seed=seed, terms=terms)
        self.far = FarGoogle(self.clock, seed=seed)
        self.near = self.far
        self.google = self.wire.guard("google", self.far)
        self.world = self.far.world
        self.world.options.gmail_push_url = PUSHED_AT

    def watch(self, source: str, *, subject: str | None, **more: Any) -> None:
        """Declare one watch, `it`, and wait until it is covered."""
        self.declare(it={"source": source, **({"subject": subject} if subject else {}), **more})
        self.pass_time(TICK * 2)

    def told(self, watch: str = "it") -> list[tuple[str, str]]:
        """Give kind and subject of each change told of a watch since the last asking."""
        found = [e for e in self.sink.told if e.watch == watch and e.data.get("kind")]
        self.sink.told = [e for e in self.sink.told if e not in found]
        return [(e.data["kind"], str(e.subject)) for e in found]

    def lose_notifications(self) -> None:
        """Have Google lose every message from now on."""
        self.world.faults.set("drop")

    def close(self) -> None:
        """Let go of everything."""
        self.far.close()
        super().close()

    def _has_work(self) -> bool:
        return super()._has_work() or self._comparison_is_due()

    def _comparison_is_due(self) -> bool:
        memo = self.sqlite.read_control(CONTROL) or {}
        compared_at = memo.get("compared_at")
        return compared_at is None or self.clock.now() >= compared_at + COMPARE_EVERY

    def _deliver(self, message: Message) -> int:
        if message.address != PUSHED_AT:
            return super()._deliver(message)
        try:
            self._announce(json.loads(message.body))
        except (Unavailable, Conflict):
            return 0
        self.far.mail.ended(message, Outcome.DELIVERED)
        return 1

    def _announce(self, envelope: Mapping[str, Any]) -> None:
        data = read_envelope(json.dumps(envelope).encode()).data
        announce(
            read_announcement(data),
            store=self.store,
            jobs=self.jobs,
            clock=self.clock,
            journal=self.journal,
            terms=self.terms,
        )
