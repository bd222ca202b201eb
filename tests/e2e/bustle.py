"""A steady stream of changes to files, from a thread, and the state that each file ended in."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from random import Random
from types import TracebackType
from typing import Any, Self

from tests.e2e.simulated import Simulated

# How often people do what; `trash` takes out again what is in the trash already.
ACTS = ("create", "update", "update", "update", "trash", "trash", "remove")


@dataclass(slots=True, kw_only=True)
class File:
    """A file as it is now."""

    id: str
    account: str
    is_old: bool  # there before the watch was
    resource: Mapping[str, Any] | None  # None: removed
    changes: int = 0


class Bustle:
    """Changes files of several accounts until it is ended, each change drawn by lot."""

    def __init__(
        self, google: Simulated, accounts: Sequence[str], *, every: float, seed: int = 1
    ) -> None:
        """Keep whose files are changed, and how often."""
        self._google = google
        self._accounts = accounts
        self._every = every
        self._random = Random(seed)
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="bustle", daemon=True)
        self.files: dict[str, File] = {}
        self.trouble: Exception | None = None

    @property
    def changes(self) -> int:
        """How many changes were made."""
        return sum(file.changes for file in self.files.values())

    def make_old(self, count: int) -> None:
        """Make files older than any watch to come, whose age is a whole second."""
        for number in range(count):
            self._create(f"old-{number}", is_old=True)
        time.sleep(1 - time.time() % 1)

    def __enter__(self) -> Self:
        """Begin."""
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End; when this returns, nothing changes any more."""
        self._ended.set()
        self._thread.join()
        if self.trouble is not None and error is None:
            raise self.trouble

    def _run(self) -> None:
        try:
            while not self._ended.wait(self._every):
                self._act()
        except Exception as trouble:  # noqa: BLE001 - whoever ends the bustle is told
            self.trouble = trouble

    def _act(self) -> None:
        act = self._random.choice(ACTS)
        there = [file for file in self.files.values() if file.resource is not None]
        if act == "create" or not there:
            self._create(f"new-{len(self.files)}", is_old=False)
            return
        # Mostly the newest, so that one file often changes twice between two pulls.
        file = there[-1 - min(int(self._random.expovariate(0.3)), len(there) - 1)]
        if act == "trash" and file.resource and file.resource["trashed"]:
            act = "untrash"
        fields = {"name": f"{file.id[:4]}-{file.changes}"} if act == "update" else {}
        file.resource = self._google.change(file.id, act, **fields) or None
        file.changes += 1

    def _create(self, name: str, *, is_old: bool) -> None:
        account = self._random.choice(self._accounts)
        made = self._google.create(account, name)
        file = File(id=made["id"], account=account, is_old=is_old, resource=made)
        file.changes = 0 if is_old else 1
        self.files[file.id] = file
