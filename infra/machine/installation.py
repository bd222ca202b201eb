"""One installation as its operator reaches it: on this machine, or in a cloud project.

What is declared is a file on one machine and Firestore's documents in the cloud; the rest is alike.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from functions.domain.errors import Misconfigured
from functions.domain.model import Channel, Progress
from functions.ports import Chance, Clock, Google, Keys, Secrets
from infra.handling import KeepingStore
from infra.machine.wiring import MachineWiring, Place
from infra.settings import Settings
from infra.wiring import CloudWiring, made_once

TERRAFORM = "terraform"
DEFAULT_DATABASE = "(default)"

Edit = Callable[[Mapping[str, Mapping[str, Any]]], Mapping[str, Mapping[str, Any] | None]]


class NoStore(Misconfigured):
    """Nothing has been kept here yet: a command that only looks must not make a store."""


class Operating(Protocol):
    """What only operators do with a store."""

    def amend(self, edit: Edit, *, revision: str) -> Collection[str]: ...
    def all_channels(self, watches: Collection[str] | None = None) -> Iterator[Channel]: ...
    def all_progress(self) -> Iterator[Progress]: ...
    def unreadable(self, limit: int) -> list[dict[str, Any]]: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """Where an installation is, as its operator named it."""

    place: Place
    watches: Path = Path("watches.yaml")
    has_file: bool = False  # the operator named a watches file
    project: str | None = None
    database: str = DEFAULT_DATABASE
    workspace: str | None = None
    google: str | None = None

    @property
    def is_cloud(self) -> bool:
        """Whether it runs in a cloud project, so that documents are what is declared."""
        return self.project is not None

    @property
    def words(self) -> str:
        """Where it is, for a person."""
        if self.project is None:
            return self.place.store
        return f"project {self.project}, database {self.database}"


class Installation:
    """The adapters by which an operator reaches an installation; each is made when asked for."""

    def __init__(self, site: Site) -> None:
        """Keep where it is; nothing is opened."""
        self.site = site

    @made_once
    def wiring(self) -> MachineWiring | CloudWiring:
        site = self.site
        if site.project is None:
            return MachineWiring(site.place, google=site.google)
        named = {
            "WATCHKEEPER_PROJECT": site.project,
            "WATCHKEEPER_DATABASE": site.database,
            "WATCHKEEPER_WORKSPACE": site.workspace or "",
            "WATCHKEEPER_GOOGLE": site.google or "",
        }
        return CloudWiring(Settings(named))

    @property
    def store(self) -> KeepingStore:
        """The store; on one machine it must be there.

        Raises:
            NoStore: there is none.
        """
        self._expect_store()
        return self.wiring.store

    def _expect_store(self) -> Path | None:
        """Give the file of the store, if it is one; it must be there."""
        path = None if self.site.is_cloud else self.site.place.sqlite
        if path is not None and not path.exists():
            raise NoStore(
                f"there is no store at {path}: start `python main.py serve` first, "
                "or name the store with --store"
            )
        return path

    @made_once
    def operating(self) -> Operating:
        place = self._expect_store()
        if place is not None:
            from infra.local.sqlite_operating import SqliteOperating

            return SqliteOperating(place)
        from infra.cloud.firestore_operating import FirestoreOperating
        from infra.cloud.firestore_store import connect

        return FirestoreOperating(connect(self.site.project, self.site.database))

    @made_once
    def keys(self) -> Keys:
        if self.site.project is None:
            return self.wiring.keys
        from infra.machine.secret_keys import SecretKeys

        return SecretKeys(self.wiring.secrets)

    @property
    def secrets(self) -> Secrets:
        """The named secrets."""
        return self.wiring.secrets

    @property
    def google(self) -> Google:
        """Google's APIs, with the operator's credentials."""
        return self.wiring.google

    @property
    def clock(self) -> Clock:
        """The time."""
        return self.wiring.clock

    @property
    def chance(self) -> Chance:
        """What must not be guessed."""
        return self.wiring.chance
