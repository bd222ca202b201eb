"""A steady stream of changes to files, from a thread, and the state that each file ended in."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

from tests.e2e.simulated import Simulated
from tests.meanwhile import Meanwhile

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


class Bustle(Meanwhile):
    """Changes files of several accounts until it is ended, each change drawn by lot."""

    def __init__(
        self, google: Simulated, accounts: Sequence[str], *, every: float, seed: int = 1
    ) -> None:
        """Keep whose files are changed, and how often."""
        super().__init__(every=every)
        self._google = google
        self._accounts = accounts
        self._random = Random(seed)
        self.files: dict[str, File] = {}

    @property
    def changes(self) -> int:
        """How many changes were made."""
        return sum(file.changes for file in self.files.values())

    def make_old(self, count: int) -> None:
        """Make files older than any watch to come, whose age is a whole second."""
        for number in range(count):
            self._create(f"old-{number}", is_old=True)
        time.sleep(1 - time.time() % 1)

    def step(self) -> None:
        """Change something."""
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
