"""The deployment in processes: a functions-framework for each function, with Terraform's settings.

Firestore and Pub/Sub are the emulators, Google is the simulated one, the clock is a thread.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from functions.ports import Case
from functions.schedule import pull_by, released
from infra.cloud.firestore_store import FirestoreStore, connect
from infra.cloud.pubsub_setup import Route, set_up
from infra.telemetry import open_journal
from tests.e2e.processes import TRACE, free_ports
from tests.meanwhile import Meanwhile
from tests.processes.hosted import Hosted
from tests.processes.tap import TAP

FUNCTIONS = ("receive", "renew", "sync", "handle")
TICK = 0.5  # seconds; Cloud Scheduler's is a minute
RING = "k1 1970-01-01T00:00:00+00:00 " + "s" * 48
HANDLED = "WATCHKEEPER_TEST_HANDLED"  # read by tests.processes.noting alone
NOTE = {"run": "tests.processes.noting:note"}

# As terraform/functions.tf sets them.
THREADS = {"receive": 40, "renew": 1, "sync": 8, "handle": 8}
SETTINGS = {
    "receive": ("NOTIFICATIONS", "KEYS"),
    "renew": ("ADDRESS", "DATABASE", "NOTIFICATIONS", "KEYS", "GOOGLE"),
    "sync": ("ADDRESS", "DATABASE", "NOTIFICATIONS", "CHANGES", "GOOGLE"),
    "handle": ("ADDRESS", "DATABASE", "GOOGLE"),
}


class Clock(Meanwhile):
    """Calls `renew` at a steady pace."""

    def __init__(self, renew: Hosted) -> None:
        """Keep whom to call."""
        super().__init__(every=TICK)
        self._renew = renew

    def step(self) -> None:
        """Call it once."""
        self._renew.call()


class Installation:
    """Four functions, their queues and their clock."""

    def __init__(self, folder: Path, project: str, *, google: str, emulators: Mapping[str, str]):
        """Name everything; nothing is started."""
        self.project = project
        self.handled = folder / "handled.txt"
        ports = dict(zip(FUNCTIONS, (*free_ports(), *free_ports()), strict=True))
        keys = folder / "signing-keys"
        keys.write_text(RING + "\n")
        values = {
            "ADDRESS": f"http://127.0.0.1:{ports['receive']}/receive",
            "CHANGES": f"projects/{project}/topics/changes",
            "DATABASE": "(default)",
            "GOOGLE": google,
            "KEYS": str(keys),
            "NOTIFICATIONS": f"projects/{project}/topics/notifications",
            "PROJECT": project,
            "PUBSUB": "europe-west1-pubsub.googleapis.com",
        }
        self.functions = {
            name: Hosted(
                name, port, {**emulators, **_settings(name, values, self.handled)}, folder=folder
            )
            for name, port in ports.items()
        }
        self._clock = Clock(self.functions["renew"])
        self.store = FirestoreStore(
            connect(project, "(default)"), journal=open_journal(component="test")
        )

    def __enter__(self) -> Self:
        """Start all."""
        for function in self.functions.values():
            function.start()
        self.connect()
        for function in self.functions.values():
            function.wait()
        self._clock.begin()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End all; none has left a stack trace, unless something else went wrong already."""
        self._clock.end()
        for function in self.functions.values():
            function.end()
        if error is None:
            for function in self.functions.values():
                assert TRACE not in function.log, function.log[-5000:]

    def connect(self) -> None:
        """Make the topics and subscriptions; an emulator that was restarted has none."""
        pushed = {"notifications": "sync", "changes": "handle"}
        routes = [
            route(topic, f"{topic}-{name}", self.functions[name].url)
            for topic, name in pushed.items()
        ]
        set_up(self.project, [*routes, route("changes", TAP, None)])

    def declare(self, *watches: Mapping[str, Any]) -> None:
        """Declare these watches as Terraform does."""
        documents = {
            watch["id"]: {key: value for key, value in watch.items() if key != "id"}
            for watch in watches
        }
        self.store.declare(documents, revision=uuid.uuid4().hex)

    def kill(self, name: str) -> None:
        """Kill a function and start it again; the time of a lease it held passes at once.

        A lease lasts five minutes, longer than a test may take: what is due at its end is made due.
        """
        self.functions[name].kill()
        if name == "sync":
            for progress in self.store.all_progress():
                if progress.lease is not None:
                    self.store.change(progress.watch, _free)
        self.functions[name].start()

    def handled_ids(self) -> set[str]:
        """Give the ids of the events that the handler has noted."""
        return set(self.handled.read_text().split()) if self.handled.exists() else set()

    def memory(self) -> str:
        """Say how much each function held at most, in MB."""
        for function in self.functions.values():
            function.memory()
        return ", ".join(f"{name} {f.peak // 2**20} MB" for name, f in self.functions.items())


def _free(case: Case) -> Case | None:
    if case.progress is None or case.progress.lease is None:
        return None
    return Case(pull_by(released(case.progress), datetime.now(UTC)), {})


def _settings(name: str, values: Mapping[str, str], handled: Path) -> dict[str, str]:
    own = ("PROJECT", "PUBSUB", *SETTINGS[name])
    settings = {f"WATCHKEEPER_{key}": values[key] for key in own}
    more = {"LOG_EXECUTION_ID": "true", "THREADS": str(THREADS[name]), HANDLED: str(handled)}
    return {**settings, **more}


def route(topic: str, subscription: str, url: str | None) -> Route:
    """Describe a subscription that is quick to try again; without `url` it is pulled."""
    return Route(
        topic=topic,
        subscription=subscription,
        url=url,
        first=timedelta(milliseconds=100),
        longest=timedelta(seconds=1),
    )
