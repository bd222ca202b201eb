"""Decides, and writes on the condition that nobody wrote meanwhile; else reads and decides again.

No lock is held on the server: https://firebase.google.com/docs/firestore/transaction-data-contention
Whoever writes anything of a watch also writes its progress, so all decisions race for that.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Collection, Iterator, Mapping
from contextlib import suppress
from itertools import islice

from google.api_core.retry import exponential_sleep_generator
from google.cloud.firestore import Client

from functions.domain.change import Seen
from functions.domain.errors import Conflict
from functions.ports import Case, Decide
from infra.cloud.firestore_calls import Lost
from infra.cloud.firestore_cases import FirestoreCases
from infra.cloud.firestore_parts import FirestoreParts, Layout
from infra.cloud.firestore_remembering import plan
from infra.cloud.firestore_writing import Writing, remove, void_memory

_TRIES = 12


class FirestoreChange:
    """Changes the case of a watch, and what is remembered of its items."""

    def __init__(self, client: Client, cases: FirestoreCases, parts: FirestoreParts) -> None:
        self._client = client
        self._cases = cases
        self._parts = parts

    def make(
        self,
        watch: str,
        decide: Decide,
        *,
        channels: Collection[str] | None,
        seen: Mapping[str, Seen | None],
    ) -> Case | None:
        """Do what the port promises of `change`."""
        mark, after = "", None
        for _ in _tries(watch):
            ground = self._cases.read(watch, channels)
            if mark and ground.fields.get("written") == mark:
                return after  # it was written at the last try, only the answer was lost
            after = decide(ground.case)
            if after is None:
                return None
            if seen and after.progress is None:
                raise ValueError("memory belongs to a progress, and there is none")
            mark = uuid.uuid4().hex
            writing = Writing(self._client, self._cases, ground, after, mark)
            with suppress(Lost):
                writing.write(plan(self._parts, ground, after, seen))
                break
        return after

    def forget(self, watch: str) -> None:
        """Make the memory void, then remove its parts."""
        for _ in _tries(watch):
            stored = self._cases.stored_progress(watch)
            layout = Layout.of(stored.to_dict())
            if layout is None:
                return
            with suppress(Lost):
                void_memory(self._client, stored)
                # Also what a doubling has left behind that did not come to its end.
                for doublings in range((layout.parts * 2).bit_length()):
                    every = Layout(layout.name, 2**doublings)
                    remove(self._client, self._parts.documents(every))
                return


def _tries(watch: str) -> Iterator[int]:
    """Give the numbers of the tries, with growing random pauses between them."""
    pauses = exponential_sleep_generator(initial=0.02, maximum=1.0)
    yield 0
    for number, pause in enumerate(islice(pauses, _TRIES - 1), start=1):
        time.sleep(pause)
        yield number
    raise Conflict(f"{watch}: somebody else wrote at each of {_TRIES} tries")
