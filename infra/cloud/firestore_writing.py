"""Writes a decision in one commit; memory too large for it goes ahead in commits of its own.

Every commit changes the progress on the condition that it is as it was read: of two writers, one
loses at its first commit already.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from google.cloud.firestore import Client, DocumentReference, WriteBatch

from functions.domain.errors import Unavailable
from functions.domain.fields import to_fields
from functions.ports import Case
from infra.cloud.firestore_calls import Stored, commit
from infra.cloud.firestore_cases import FirestoreCases, Ground
from infra.cloud.firestore_documents import to_document
from infra.cloud.firestore_remembering import Plan, Put

_LARGEST_COMMIT = 8 * 1024 * 1024  # bytes; a request may have 10 MiB
_MOST_WRITES = 400


@dataclass(frozen=True, slots=True)
class Writing:
    """What is to be written of a decision."""

    client: Client
    cases: FirestoreCases
    ground: Ground
    after: Case
    mark: str  # by which the writer knows its own write again

    def write(self, plan: Plan) -> None:
        """Write all of it, or nothing of the decision.

        Raises:
            Lost: a document is not any more as it was read.
        """
        *ahead, last = [*_portions(plan.puts)] or [()]
        version = self.ground.progress.update_time
        for puts in ahead:
            version = self._write_ahead(puts, version)
        batch = self.client.batch()
        self._add_progress(batch, plan, version)
        _add_puts(batch, last)
        self._add_channels(batch)
        if len(batch):
            commit(batch)
        if plan.obsolete:
            # The decision is written, and nobody reads these any more.
            with suppress(Unavailable):
                remove(self.client, plan.obsolete)

    def _write_ahead(self, puts: Iterable[Put], version: datetime | None) -> datetime | None:
        batch = self.client.batch()
        if version is not None:
            mark = {"written": f"{self.mark} ahead {version}"}
            _update(batch, self.ground.progress.reference, mark, version)
        _add_puts(batch, puts)
        first = commit(batch)[0]
        return None if version is None else first.update_time

    def _add_progress(self, batch: WriteBatch, plan: Plan, version: datetime | None) -> None:
        progress = self.after.progress
        same = progress == self.ground.case.progress
        if progress is None or (same and not plan.puts and not self._changed_channels()):
            return
        fields = to_document(to_fields(progress)) | {"written": self.mark}
        if plan.layout is not None:
            fields["memory"] = plan.layout.fields()
        if version is None:
            batch.create(self.ground.progress.reference, fields)
        else:
            _update(batch, self.ground.progress.reference, fields, version)

    def _add_channels(self, batch: WriteBatch) -> None:
        for id_ in self._changed_channels():
            fields = to_document(to_fields(self.after.channels[id_]))
            document = self.cases.channel_document(id_)
            if id_ in self.ground.versions:
                _update(batch, document, fields, self.ground.versions[id_])
            else:
                batch.create(document, fields)

    def _changed_channels(self) -> list[str]:
        before = self.ground.case.channels
        return [id_ for id_, each in self.after.channels.items() if each != before.get(id_)]


def void_memory(client: Client, progress: Stored) -> None:
    """Write that nothing is remembered.

    Raises:
        Lost: the progress is not any more as it was read.
    """
    batch = client.batch()
    _update(batch, progress.reference, {"memory": None}, progress.update_time)
    commit(batch)


def remove(client: Client, documents: Sequence[DocumentReference]) -> None:
    """Delete documents, whether they are there or not."""
    for start in range(0, len(documents), _MOST_WRITES):
        batch = client.batch()
        for document in documents[start : start + _MOST_WRITES]:
            batch.delete(document)
        commit(batch)


def _update(
    batch: WriteBatch, document: DocumentReference, fields: dict[str, Any], version: datetime | None
) -> None:
    batch.update(document, fields, option=Client.write_option(last_update_time=version))


def _add_puts(batch: WriteBatch, puts: Iterable[Put]) -> None:
    for put in puts:
        batch.set(put.document, put.fields, merge="packed" not in put.fields)


def _portions(puts: Iterable[Put]) -> Iterator[tuple[Put, ...]]:
    """Divide what is to be written into portions that fit into a commit each."""
    portion: list[Put] = []
    size = 0
    for put in puts:
        if portion and (size + put.size > _LARGEST_COMMIT or len(portion) >= _MOST_WRITES):
            yield tuple(portion)
            portion, size = [], 0
        portion.append(put)
        size += put.size
    if portion:
        yield tuple(portion)
