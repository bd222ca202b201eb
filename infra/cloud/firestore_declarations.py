"""What operators write, in Firestore: the declared watches, and the documents of `control`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from google.cloud.firestore import DELETE_FIELD, Client, DocumentReference

from functions.domain.errors import Conflict
from infra.cloud.firestore_calls import Lost, Stored, commit, read_all, read_pages
from infra.cloud.firestore_documents import to_document, to_id, to_name

_AT_ONCE = 400  # writes in one commit


class FirestoreDeclarations:
    """The desired state: the functions only read it."""

    def __init__(self, client: Client) -> None:
        self._client = client

    def declare(self, documents: Mapping[str, Mapping[str, Any]], *, revision: str) -> None:
        # Only what differs: a read costs a third of a write.
        there = dict(self.declarations())
        changed = [id_ for id_, document in documents.items() if there.get(id_) != document]
        gone = [id_ for id_ in there if id_ not in documents]
        ids = [*changed, *gone]
        for start in range(0, len(ids), _AT_ONCE):
            batch = self._client.batch()
            for id_ in ids[start : start + _AT_ONCE]:
                if id_ in documents:
                    batch.set(self._document("watches", id_), to_document(documents[id_]))
                else:
                    batch.delete(self._document("watches", id_))
            commit(batch)
        # Last: whoever sees the new revision also sees what it stands for.
        batch = self._client.batch()
        batch.set(self._document("control", "declared"), {"revision": revision})
        commit(batch)

    def revision(self) -> str | None:
        declared = self.read_control("declared")
        return None if declared is None else declared.get("revision")

    def declarations(self) -> Iterator[tuple[str, Mapping[str, Any]]]:
        for stored in read_pages(self._client.collection("watches")):
            yield to_id(stored.id), (stored.to_dict() or {})

    def declaration(self, watch: str) -> Mapping[str, Any] | None:
        stored = self._read("watches", watch)
        return (stored.to_dict() or {}) if stored.exists else None

    def read_control(self, name: str) -> Mapping[str, Any] | None:
        stored = self._read("control", name)
        if not stored.exists:
            return None
        return (stored.to_dict() or {}) | {"_version": stored.update_time}

    def write_control(
        self, name: str, fields: Mapping[str, Any], *, version: object | None
    ) -> None:
        document = self._document("control", name)
        written = to_document({key: each for key, each in fields.items() if key != "_version"})
        batch = self._client.batch()
        if version is None:
            batch.create(document, written)
        else:
            # The batch has no conditional `set`, and `update` would keep fields now left out.
            stored = self._read("control", name)
            left = {key: DELETE_FIELD for key in stored.to_dict() or {} if key not in written}
            option = self._client.write_option(last_update_time=version)
            batch.update(document, written | left, option=option)
        try:
            commit(batch)
        except Lost as lost:
            raise Conflict(f"somebody else wrote control/{name}") from lost

    def _document(self, collection: str, id_: str) -> DocumentReference:
        return self._client.collection(collection).document(to_name(id_))

    def _read(self, collection: str, id_: str) -> Stored:
        document = self._document(collection, id_)
        return read_all(self._client, [document])[document.path]
