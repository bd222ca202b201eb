"""What only operators do with a Firestore store: edit single declarations, look at all channels."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any

from google.cloud.firestore import Client, FieldFilter, Query

from functions.domain.errors import Conflict
from functions.domain.model import Channel, Progress
from infra.cloud.firestore_calls import Lost, commit, read_pages, read_query
from infra.cloud.firestore_cases import FirestoreCases
from infra.cloud.firestore_documents import to_document, to_id, to_name

_AT_ONCE = 400  # writes in one commit
_MOST_NAMES = 30  # in one query. https://cloud.google.com/firestore/docs/query-data/queries#in
_TRIES = 5

Documents = Mapping[str, Mapping[str, Any]]
Edit = Callable[[Documents], Mapping[str, Mapping[str, Any] | None]]


class FirestoreOperating:
    """The operators' side of a store."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._cases = FirestoreCases(client, None)

    def amend(self, edit: Edit, *, revision: str) -> Collection[str]:
        """Write what `edit` makes of the declarations (None: gone), then the revision.

        Each document is written on the condition that it is as it was read.

        Raises:
            Conflict: somebody else wrote again and again.
        """
        for _ in range(_TRIES):
            try:
                return self._amend(edit, revision)
            except Lost:
                continue
        raise Conflict("somebody else writes the declared watches: try again")

    def _amend(self, edit: Edit, revision: str) -> Collection[str]:
        stored = {to_id(each.id): each for each in read_pages(self._client.collection("watches"))}
        made = edit({id_: each.to_dict() or {} for id_, each in stored.items()})
        names = list(made)
        for start in range(0, len(names), _AT_ONCE):
            batch = self._client.batch()
            for id_ in names[start : start + _AT_ONCE]:
                place = self._client.collection("watches").document(to_name(id_))
                document = made[id_]
                if id_ in stored:
                    option = self._client.write_option(last_update_time=stored[id_].update_time)
                    batch.delete(place, option=option)  # also the condition of what follows
                if document is not None and id_ in stored:
                    batch.set(place, to_document(document))
                elif document is not None:
                    batch.create(place, to_document(document))
            commit(batch)
        batch = self._client.batch()
        batch.set(self._client.collection("control").document("declared"), {"revision": revision})
        commit(batch)
        return tuple(names)

    def all_channels(self, watches: Collection[str] | None = None) -> Iterator[Channel]:
        """Give the channels of these watches, or all; closed ones too until they are forgotten."""
        channels = self._client.collection("channels")
        if watches is None:
            yield from self._cases.to_channels(list(read_pages(channels))).values()
            return
        names = list(watches)
        for start in range(0, len(names), _MOST_NAMES):
            among = FieldFilter("watch", "in", names[start : start + _MOST_NAMES])
            yield from self._cases.to_channels(read_query(channels.where(filter=among))).values()

    def all_progress(self) -> Iterator[Progress]:
        """Give every progress."""
        stored = read_pages(self._client.collection("progress"))
        return filter(None, map(self._cases.to_progress, stored))

    def unreadable(self, limit: int) -> list[dict[str, Any]]:
        """Give the newest notes of items that could not be told."""
        notes = self._client.collection("unreadable")
        newest = notes.order_by("noted_at", direction=Query.DESCENDING).limit(limit)
        found = [each.to_dict() or {} for each in read_query(newest)]
        return [{name: one.get(name) for name in ("watch", "item", "error")} for one in found]
