"""`handle` with a store of its own, a queue that brings events again, and handlers in hand."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

from functions.domain.errors import Trouble, Unavailable
from functions.domain.event import Event
from functions.handle import handle
from functions.handlers.handling import Handling
from functions.terms import Terms
from infra.cloudevent import encode
from infra.local.sqlite_store import SqliteStore
from tests.world.ports import START, Notebook, WorldClock

WATCH = "ana-drive"
ANA = "ana@example.com"


class Nothing:
    """A port that no test of this rig may touch."""

    def __getattr__(self, name: str) -> Any:
        raise AssertionError(f"nobody should ask for {name}")


class Posting:
    """The port `Webhooks`: keeps what is posted, and answers as it is told."""

    def __init__(self) -> None:
        self.posted: list[tuple[str, str]] = []
        self.answers: dict[str, int | Trouble] = {}  # by URL; 204 for all others

    def post(self, url: str, body: bytes, *, event: str, secrets: str, now: object) -> int:
        del body, secrets, now
        self.posted.append((url, event))
        answer = self.answers.get(url, 204)
        if isinstance(answer, Trouble):
            raise answer
        return answer


class Held:
    """The port `Secrets`."""

    def __init__(self) -> None:
        self.held: dict[str, str] = {"key": "whsec_a2V5IGtleSBrZXk="}

    def read(self, name: str) -> str | None:
        return self.held.get(name)


class Called:
    """The port `Functions`."""

    def __init__(self) -> None:
        self.events: list[Mapping[str, Any]] = []
        self.failure: Trouble | None = None

    def run(self, path: str, event: Mapping[str, Any]) -> None:
        del path
        self.events.append(event)
        if self.failure:
            raise self.failure


class Rig:
    """All of it."""

    def __init__(self, folder: Path) -> None:
        self.store = SqliteStore(folder / "store.db")
        self.clock, self.journal = WorldClock(), Notebook()
        self.posting, self.secrets, self.called = Posting(), Held(), Called()
        nothing: Any = Nothing()
        self.handling = Handling(
            store=self.store,
            outcomes=self.store,
            google=nothing,
            media=nothing,
            shelves=nothing,
            webhooks=self.posting,
            functions=self.called,
            secrets=self.secrets,
            clock=self.clock,
            journal=self.journal,
            terms=Terms(address="https://example.com/receive", short_polls=True),
        )

    def declare(self, *handlers: Mapping[str, Any], **keys: Any) -> None:
        """Declare the watch with these handlers."""
        document = {"source": "drive.changes", "subject": ANA, "handle": list(handlers), **keys}
        self.store.declare({WATCH: document}, revision=self.clock.now().isoformat())

    def bring(self, number: int = 1, *, attempt: int = 1, replay: str | None = None) -> bool:
        """Bring an event once; tell whether it is acknowledged."""
        try:
            handle(encode(event(number, replay)).data, attempt=attempt, handling=self.handling)
        except Unavailable:
            return False
        finally:
            self.clock.move(timedelta(seconds=10))
        return True

    def outcomes(self) -> list[str]:
        """Give what was noted, in order."""
        return [name.removeprefix("handler ") for name in self.journal.decisions()]


def event(number: int = 1, replay: str | None = None) -> Event:
    """Make an event of the watch."""
    return Event(
        id=f"e{number}",
        source=f"/watches/{WATCH}",
        type="watchkeeper.drive.changes.file.updated",
        subject=f"1File{number}",
        time=START,
        watch=WATCH,
        account=ANA,
        replay=replay,
        data={"kind": "file.updated", "item": {"id": f"1File{number}"}, "seen_before": True},
    )


def forward(url: str = "https://a.example/hook") -> dict[str, Any]:
    """Declare a forwarding handler."""
    return {"forward": {"url": url, "secret": "key"}}
