"""The collection `handled` in Firestore: one document an entry.

One that cannot be read counts as none: its event is handled again, which handlers must expect.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from google.cloud.firestore import Client, DocumentReference, FieldFilter

from functions.domain.fields import salvage, to_fields
from functions.domain.handled import Handled, Outcome
from infra.cloud.firestore_calls import Stored, commit, read_all, read_query
from infra.cloud.firestore_documents import to_document, to_id, to_name

_AT_ONCE = 400
_LISTED = tuple(name for name in Handled.__slots__ if name != "body")


class FirestoreHandled:
    """The port `Outcomes`."""

    def __init__(self, client: Client) -> None:
        """Keep whose documents they are."""
        self._client = client

    def outcomes(self, keys: Collection[str]) -> dict[str, Handled]:
        """Read entries by their keys."""
        if not keys:
            return {}
        stored = read_all(self._client, [self._document(key) for key in sorted(set(keys))])
        read = [_read(each) for each in stored.values() if each.exists]
        return {each.key: each for each in read if each}

    def note(self, handled: Handled) -> None:
        """Write an entry."""
        batch = self._client.batch()
        batch.set(self._document(handled.key), to_document(to_fields(handled)))
        commit(batch)

    def drop(self, keys: Collection[str]) -> int:
        """Delete entries; give how many there were."""
        there = sorted(self.outcomes(keys))
        for start in range(0, len(there), _AT_ONCE):
            batch = self._client.batch()
            for key in there[start : start + _AT_ONCE]:
                batch.delete(self._document(key))
            commit(batch)
        return len(there)

    def listed(
        self, outcome: Outcome, *, watch: str | None = None, limit: int
    ) -> Sequence[Handled]:
        """Read the entries of an outcome without bodies, oldest first; by no composite index."""
        query = self._client.collection("handled").where(
            filter=FieldFilter("outcome", "==", str(outcome))
        )
        found = [_read(each) for each in read_query(query.select(_LISTED))]
        wanted = [each for each in found if each and (watch is None or each.watch == watch)]
        return sorted(wanted, key=lambda each: (each.at, each.key))[:limit]

    def _document(self, key: str) -> DocumentReference:
        return self._client.collection("handled").document(to_name(key))


def _read(stored: Stored) -> Handled | None:
    fields: dict[str, Any] = stored.to_dict() or {}
    return salvage(Handled, fields | {"key": to_id(stored.id)})[0]
