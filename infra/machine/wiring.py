"""The wiring of the whole system on one machine: the cloud's entry points on local adapters.

The state is SQLite or Firestore, the queues are SQLite or Pub/Sub's emulator; Google is Google, or
a simulated one.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from functions.domain.errors import Misconfigured, Unavailable
from functions.handlers.handling import Handling
from functions.ports import Chance, Changes, Clock, Crew, Google, Jobs, Journal, Keys, Secrets
from functions.terms import Terms
from infra.chance import SystemChance
from infra.clock import SystemClock
from infra.crew import ThreadCrew
from infra.handling import KeepingStore, open_handling
from infra.local.declaring import DeclaredStore
from infra.telemetry import open_journal
from infra.wiring import made_once, open_google, open_media

if TYPE_CHECKING:
    from infra.local.queue.file import QueueFile
    from infra.local.sqlite_queue import SqliteQueue

HANDS = 8  # that ask Google at once: of `renew`, and of `sync`
DEFAULT_STORE = "sqlite:watchkeeper.db"
PROJECT = "GOOGLE_CLOUD_PROJECT"


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where one machine keeps its state, secrets and queue."""

    store: str = DEFAULT_STORE
    secrets: Path | None = None

    @property
    def sqlite(self) -> Path | None:
        """The SQLite file of the store; None if the store is Firestore.

        Raises:
            Misconfigured: the store is neither.
        """
        if self.store == "firestore":
            return None
        kind, _, path = self.store.partition(":")
        if kind != "sqlite" or not path:
            raise Misconfigured(f"--store {self.store!r} is neither sqlite:PATH nor firestore")
        return Path(path)

    @property
    def folder(self) -> Path:
        """The folder of secrets."""
        beside = self.sqlite.parent if self.sqlite else Path()
        return self.secrets or beside / "secrets"

    @property
    def queue(self) -> Path:
        """The SQLite file of the queue: beside the store, for both can be lost independently."""
        if self.sqlite is None:
            return Path("watchkeeper.queue.db")
        return self.sqlite.with_name(f"{self.sqlite.stem}.queue{self.sqlite.suffix or '.db'}")


class MachineStore(DeclaredStore, KeepingStore, Protocol):
    """What one machine's store is."""


class MachineWiring:
    """The adapters of one machine."""

    def __init__(
        self,
        place: Place,
        *,
        address: str = "",
        google: str | None = None,
        gmail_topic: str | None = None,
        allow_private: bool = False,
    ) -> None:
        """Keep where things are; nothing is opened yet."""
        self._allow_private = allow_private
        self._gmail_topic = gmail_topic
        self.place = place
        self._address = address
        self._google = google

    @made_once
    def store(self) -> MachineStore:
        if self.place.sqlite is not None:
            from infra.local.sqlite_store import SqliteStore

            return SqliteStore(self.place.sqlite, journal=self.journal("store"))
        from infra.cloud.firestore_store import FirestoreStore, connect

        return FirestoreStore(connect(os.environ.get(PROJECT)), journal=self.journal("store"))

    def sweep(self) -> None:
        """Delete what has expired, where the store does not do it by itself."""
        from infra.local.sqlite_store import SqliteStore

        if isinstance(self.store, SqliteStore):
            try:
                self.store.sweep(self.clock.now())
            except Unavailable as trouble:
                self.journal("store").warn("not swept", reason=trouble.text)
        if not self.is_on_pubsub:
            try:
                if dropped := self.queue.sweep():
                    self.journal("queue").note("old dead letters dropped", letters=dropped)
            except Unavailable as trouble:
                self.journal("queue").warn("not swept", reason=trouble.text)

    @made_once
    def queue(self) -> SqliteQueue:
        from infra.local.queues import CHANGES, CHANGES_ARE_KEPT
        from infra.local.sqlite_queue import SqliteQueue

        return SqliteQueue(self.queue_file, kept={CHANGES: CHANGES_ARE_KEPT})

    @made_once
    def queue_file(self) -> QueueFile:
        from infra.local.queue.file import QueueFile

        return QueueFile(self.place.queue)

    @property
    def is_on_pubsub(self) -> bool:
        """Whether the queues are Pub/Sub's: with its emulator."""
        return bool(os.environ.get("PUBSUB_EMULATOR_HOST"))

    @property
    def project(self) -> str:
        """The project of the topics."""
        return os.environ.get(PROJECT) or "local"

    def topic(self, name: str) -> str:
        """Give the full name of a topic."""
        return f"projects/{self.project}/topics/{name}"

    @made_once
    def jobs(self) -> Jobs:
        if self.is_on_pubsub:
            from infra.cloud.pubsub_jobs import PubsubJobs

            return PubsubJobs(self.topic("notifications"))
        from infra.local.queues import LocalJobs

        return LocalJobs(self.queue)

    @made_once
    def changes(self) -> Changes:
        if self.is_on_pubsub:
            from infra.cloud.pubsub import PubsubChanges

            return PubsubChanges(self.topic("changes"))
        from infra.local.queues import LocalChanges

        return LocalChanges(self.queue)

    @made_once
    def keys(self) -> Keys:
        from infra.local.key_making import open_keys

        return open_keys(self.place.folder, clock=self.clock)

    @made_once
    def secrets(self) -> Secrets:
        from infra.local.secret_files import SecretFiles

        return SecretFiles(self.place.folder)

    @made_once
    def google(self) -> Google:
        return open_google(
            root=self._google, workspace=None, secrets=lambda: self.secrets, clock=self.clock
        )

    @made_once
    def handling(self) -> Handling:
        media = open_media(
            root=self._google, workspace=None, secrets=lambda: self.secrets, clock=self.clock
        )
        return open_handling(self, media=media, allow_private=self._allow_private, folders=True)

    @made_once
    def crew(self) -> Crew:
        return ThreadCrew(HANDS, self.journal("renew"))

    @made_once
    def clock(self) -> Clock:
        return SystemClock()

    @made_once
    def chance(self) -> Chance:
        return SystemChance()

    @made_once
    def terms(self) -> Terms:
        # The key file is read when it changes, so a new key signs at once; there is one clock.
        return Terms(
            address=self._address,
            settle=timedelta(0),
            clocks_differ=timedelta(0),
            gmail_topic=self._gmail_topic,
            short_polls=True,
        )

    def journal(self, component: str) -> Journal:
        return Quiet(open_journal(component=component))


class Quiet:
    """A journal without the ticks that found nothing to do: here they may come twice a second."""

    def __init__(self, journal: Journal) -> None:
        """Keep where the rest goes."""
        self._journal = journal

    def note(self, decision: str, /, **facts: object) -> None:
        if decision != "tick" or facts.get("due"):
            self._journal.note(decision, **facts)

    def warn(self, decision: str, /, **facts: object) -> None:
        self._journal.warn(decision, **facts)
