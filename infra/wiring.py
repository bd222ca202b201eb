"""The composition root: which adapters serve which ports, in the cloud and on one machine.

Everything is made at its first use, and its libraries are imported then: `receive` must start
without Firestore and without Google's API client.
"""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar, overload

from functions.terms import Terms
from infra import settings
from infra.settings import Settings
from infra.telemetry import quiet_libraries

if TYPE_CHECKING:
    # Not loaded for `receive`, whose cold start they would lengthen.
    from functions.handlers.handling import Handling
    from functions.ports import (
        Chance,
        Changes,
        Clock,
        Crew,
        Google,
        Jobs,
        Journal,
        Keys,
        Media,
        Secrets,
        Store,
    )
    from infra.cloud.firestore_store import FirestoreStore

T = TypeVar("T")


class made_once(Generic[T]):  # noqa: N801 - used as a decorator
    """An attribute that is made at its first use, once, whichever thread comes first."""

    def __init__(self, make: Callable[[Any], T]) -> None:
        """Keep how it is made."""
        self._make = make
        self._lock = threading.RLock()

    def __set_name__(self, owner: type, name: str) -> None:
        """Learn the attribute's name."""
        self._name = name

    @overload
    def __get__(self, wiring: None, owner: type) -> made_once[T]: ...
    @overload
    def __get__(self, wiring: object, owner: type) -> T: ...
    def __get__(self, wiring: object | None, owner: type) -> made_once[T] | T:
        """Make it, or give what was made."""
        if wiring is None:
            return self
        with self._lock:
            if self._name not in wiring.__dict__:
                wiring.__dict__[self._name] = self._make(wiring)
            value: T = wiring.__dict__[self._name]
            return value


class Wiring(Protocol):
    """What entry points may ask for."""

    @property
    def keys(self) -> Keys: ...
    @property
    def jobs(self) -> Jobs: ...
    @property
    def store(self) -> Store: ...
    @property
    def google(self) -> Google: ...
    @property
    def changes(self) -> Changes: ...
    @property
    def crew(self) -> Crew: ...
    @property
    def clock(self) -> Clock: ...
    @property
    def chance(self) -> Chance: ...
    @property
    def terms(self) -> Terms: ...
    @property
    def handling(self) -> Handling: ...
    def journal(self, component: str) -> Journal: ...


class CloudWiring:
    """The adapters of Google Cloud, as the environment names them."""

    def __init__(self, found: Settings) -> None:
        """Keep the settings; nothing is read yet."""
        self._settings = found
        self._journals: dict[str, Journal] = {}

    @made_once
    def keys(self) -> Keys:
        from infra.key_file import FileKeys

        return FileKeys(Path(self._settings.text(settings.KEYS)), clock=self.clock)

    @made_once
    def jobs(self) -> Jobs:
        from infra.cloud.pubsub_jobs import PubsubJobs

        topic = self._settings.text(settings.NOTIFICATIONS)
        return PubsubJobs(topic, endpoint=self._settings.optional(settings.PUBSUB))

    @made_once
    def changes(self) -> Changes:
        from infra.cloud.pubsub import PubsubChanges

        topic = self._settings.text(settings.CHANGES)
        return PubsubChanges(topic, endpoint=self._settings.optional(settings.PUBSUB))

    @made_once
    def store(self) -> FirestoreStore:
        from infra.cloud.firestore_store import FirestoreStore, connect

        client = connect(
            self._settings.text(settings.PROJECT), self._settings.text(settings.DATABASE)
        )
        return FirestoreStore(client, journal=self.journal("store"))

    @made_once
    def secrets(self) -> Secrets:
        from infra.cloud.secret_manager import SecretManagerSecrets

        return SecretManagerSecrets(self._settings.text(settings.PROJECT), clock=self.clock)

    @made_once
    def google(self) -> Google:
        return open_google(
            root=self._settings.optional(settings.GOOGLE),
            workspace=self._settings.optional(settings.WORKSPACE),
            secrets=lambda: self.secrets,
            clock=self.clock,
        )

    @made_once
    def crew(self) -> Crew:
        from infra.crew import ThreadCrew

        return ThreadCrew(self._settings.number(settings.CREW), self.journal("renew"))

    @made_once
    def clock(self) -> Clock:
        from infra.clock import SystemClock

        return SystemClock()

    @made_once
    def chance(self) -> Chance:
        from infra.chance import SystemChance

        return SystemChance()

    @made_once
    def terms(self) -> Terms:
        return Terms(
            address=self._settings.text(settings.ADDRESS),
            gmail_topic=self._settings.optional(settings.GMAIL),
        )

    @made_once
    def handling(self) -> Handling:
        from infra.handling import open_handling

        media = open_media(
            root=self._settings.optional(settings.GOOGLE),
            workspace=self._settings.optional(settings.WORKSPACE),
            secrets=lambda: self.secrets,
            clock=self.clock,
        )
        private = self._settings.text(settings.PRIVATE) == "true"
        return open_handling(self, media=media, allow_private=private, folders=False)

    def journal(self, component: str) -> Journal:
        if component not in self._journals:
            from infra.telemetry import open_journal

            project = self._settings.environment.get(settings.PROJECT.name)
            # The process's own stream: what functions-framework puts before it while a request is
            # served is shared by all of them, and reads and writes each line once more.
            journal = open_journal(sys.__stderr__, component=component, project=project)
            self._journals[component] = journal
        return self._journals[component]


def open_google(
    *,
    root: str | None,
    workspace: str | None,
    secrets: Callable[[], Secrets],
    clock: Clock,
) -> Google:
    """Make the adapter of Google's APIs; with a `root` of our own no credentials are needed."""
    from infra.cloud.google_api import GoogleApi

    if root is not None:
        from infra.cloud.bearer import simulated

        return GoogleApi(simulated, root=root, clock=clock)
    from infra.cloud.credentials import AccountCredentials

    return GoogleApi(AccountCredentials(secrets=secrets(), workspace=workspace), clock=clock)


def open_media(
    *,
    root: str | None,
    workspace: str | None,
    secrets: Callable[[], Secrets],
    clock: Clock,
) -> Media:
    """Make what reads the contents of files, with the same credentials."""
    from infra.cloud.google_media import GoogleMedia

    if root is not None:
        from infra.cloud.bearer import simulated

        return GoogleMedia(simulated, root=root, clock=clock)
    from infra.cloud.credentials import AccountCredentials

    return GoogleMedia(AccountCredentials(secrets=secrets(), workspace=workspace), clock=clock)


@dataclass(slots=True)
class _Current:
    wiring: Wiring | None = None


_current = _Current()
_lock = threading.Lock()


def use(wiring: Wiring) -> None:
    """Have the entry points of this process use `wiring`: the whole system on one machine."""
    _current.wiring = wiring


def current() -> Wiring:
    """Give the wiring of this process: what was set, else that of the cloud."""
    with _lock:
        if _current.wiring is None:
            quiet_libraries()
            _current.wiring = CloudWiring(Settings(os.environ))
        return _current.wiring
