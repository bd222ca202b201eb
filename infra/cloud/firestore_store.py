"""The store in Firestore: ports `Store` and `Declarations` for the cloud.

Expired documents go by Firestore's time-to-live on `delete_at`, up to a day late.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from google.auth.exceptions import GoogleAuthError
from google.cloud.firestore import Client, FieldFilter, Query

from functions.domain.change import Seen
from functions.domain.errors import Misconfigured
from functions.domain.handled import Handled, Outcome
from functions.domain.model import Channel, Progress
from functions.ports import Case, Decide, Journal
from infra.cloud.firestore_calls import Stored, commit, read_pages, read_query
from infra.cloud.firestore_cases import FirestoreCases
from infra.cloud.firestore_change import FirestoreChange
from infra.cloud.firestore_declarations import FirestoreDeclarations
from infra.cloud.firestore_documents import to_document
from infra.cloud.firestore_handled import FirestoreHandled
from infra.cloud.firestore_memory import FirestoreMemory
from infra.cloud.firestore_parts import FirestoreParts

_NOTES_ARE_KEPT = timedelta(days=30)
_LONGEST_ERROR = 1000


def connect(project: str | None, database: str | None = None) -> Client:
    """Make a client; `FIRESTORE_EMULATOR_HOST` leads it to an emulator.

    Raises:
        Misconfigured: there are no credentials, or no project.
    """
    try:
        return Client(project=project, database=database)
    except (GoogleAuthError, OSError) as error:
        raise Misconfigured(
            f"Firestore cannot be used: {error} (gcloud auth application-default login?)"
        ) from error


class FirestoreStore(FirestoreDeclarations):
    """The state of an installation in the cloud, which many instances share."""

    def __init__(self, client: Client, *, journal: Journal | None = None) -> None:
        super().__init__(client)
        self._cases = FirestoreCases(client, journal)
        parts = FirestoreParts(client, journal)
        self._memory = FirestoreMemory(self._cases, parts)
        self._changes = FirestoreChange(client, self._cases, parts)
        self._handled = FirestoreHandled(client)

    def progress(self, watch: str) -> Progress | None:
        return self._cases.to_progress(self._cases.stored_progress(watch))

    def find(self, short: str) -> Progress | None:
        found = self._progress_where("short", "==", short).limit(1)
        return next(self._all_of(read_query(found)), None)

    def due(self, now: datetime, limit: int) -> Sequence[Progress]:
        due = self._progress_where("due_at", "<=", now).order_by("due_at").limit(limit)
        return list(self._all_of(read_query(due)))

    def all_progress(self) -> Iterator[Progress]:
        return self._all_of(read_pages(self._client.collection("progress")))

    def channels(self, watch: str) -> Sequence[Channel]:
        found = read_query(self._cases.open_channels(watch))
        return list(self._cases.to_channels(found).values())

    def channel(self, channel: str) -> Channel | None:
        return next(iter(self._cases.to_channels([self._read("channels", channel)]).values()), None)

    def change(
        self,
        watch: str,
        decide: Decide,
        *,
        channels: Collection[str] | None = (),
        seen: Mapping[str, Seen | None] | None = None,
    ) -> Case | None:
        return self._changes.make(watch, decide, channels=channels, seen=seen or {})

    def recall(self, watch: str, keys: Collection[str]) -> Mapping[str, Seen]:
        return self._memory.recall(watch, keys) if keys else {}

    def memory(self, watch: str, *, after: str | None, limit: int) -> Sequence[tuple[str, Seen]]:
        return self._memory.page(watch, after, limit)

    def forget(self, watch: str) -> None:
        self._changes.forget(watch)

    def bury(self, watch: str, *, item: str, error: str, now: datetime) -> None:
        # A repetition finds its own note; items that have no id are told apart by their errors.
        name = hashlib.sha256(f"{watch}\0{item}\0{error}".encode(errors="replace")).hexdigest()
        fields: dict[str, Any] = {
            "watch": watch,
            "item": item,
            "error": error[:_LONGEST_ERROR],
            "noted_at": now,
        }
        fields["delete_at"] = now + _NOTES_ARE_KEPT
        batch = self._client.batch()
        batch.set(self._document("unreadable", name), to_document(fields))
        commit(batch)

    def outcomes(self, keys: Collection[str]) -> Mapping[str, Handled]:
        return self._handled.outcomes(keys)

    def note_outcome(self, handled: Handled) -> None:
        self._handled.note(handled)

    def drop_outcomes(self, keys: Collection[str]) -> int:
        return self._handled.drop(keys)

    def dead(self, *, watch: str | None, limit: int) -> Sequence[Handled]:
        return self._handled.listed(Outcome.DEAD, watch=watch, limit=limit)

    def failing(self, *, limit: int) -> Sequence[Handled]:
        return self._handled.listed(Outcome.FAILED, limit=limit)

    def _progress_where(self, field: str, relation: str, value: object) -> Query:
        return self._client.collection("progress").where(filter=FieldFilter(field, relation, value))

    def _all_of(self, stored: Iterable[Stored]) -> Iterator[Progress]:
        return filter(None, map(self._cases.to_progress, stored))
