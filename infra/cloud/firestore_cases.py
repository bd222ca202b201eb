"""Progress and channels in Firestore: documents under their contract's names, read with care."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from google.cloud.firestore import Client, DocumentReference, FieldFilter, Query

from functions.domain.fields import salvage
from functions.domain.model import Channel, ChannelState, Progress
from functions.ports import Case, Journal
from infra.cloud.firestore_calls import Stored, read_all, read_query
from infra.cloud.firestore_documents import to_id, to_name

_NOT_CLOSED = [str(state) for state in ChannelState if state is not ChannelState.CLOSED]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """What a decision stands on: the case, and its documents' versions as they were read."""

    watch: str
    case: Case
    progress: Stored
    versions: Mapping[str, datetime]  # of the channels

    @property
    def fields(self) -> Mapping[str, Any]:
        """The stored progress, with what is not the domain's."""
        return self.progress.to_dict() or {}


class FirestoreCases:
    """Reads what decisions need."""

    def __init__(self, client: Client, journal: Journal | None) -> None:
        self._client = client
        self._journal = journal

    def progress_document(self, watch: str) -> DocumentReference:
        """Give the place of a watch's progress."""
        return self._client.collection("progress").document(to_name(watch))

    def channel_document(self, channel: str) -> DocumentReference:
        """Give the place of a channel."""
        return self._client.collection("channels").document(to_name(channel))

    def stored_progress(self, watch: str) -> Stored:
        """Read the document of a progress, which may not be there."""
        document = self.progress_document(watch)
        return read_all(self._client, [document])[document.path]

    def open_channels(self, watch: str) -> Query:
        """Ask for the channels of a watch that are not closed; needs no composite index."""
        return (
            self._client.collection("channels")
            .where(filter=FieldFilter("watch", "==", watch))
            .where(filter=FieldFilter("state", "in", _NOT_CLOSED))
        )

    def read(self, watch: str, ids: Collection[str] | None) -> Ground:
        """Read what a decision needs, all of it as of one moment."""
        documents = [self.channel_document(id_) for id_ in ids or ()]
        found = read_all(self._client, [self.progress_document(watch), *documents])
        progress = found.pop(self.progress_document(watch).path)
        channels = list(found.values())
        if ids is None:
            channels = read_query(self.open_channels(watch), read_time=progress.read_time)
        return Ground(
            watch=watch,
            case=Case(progress=self.to_progress(progress), channels=self.to_channels(channels)),
            progress=progress,
            versions={to_id(each.id): each.update_time for each in channels if each.exists},
        )

    def to_progress(self, stored: Stored) -> Progress | None:
        """Read a progress; fields that somebody made unreadable are at their defaults."""
        if not stored.exists:
            return None
        watch = to_id(stored.id)
        progress, bad = salvage(Progress, (stored.to_dict() or {}) | {"watch": watch})
        self._warn(stored, bad)
        return progress or Progress(watch=watch)

    def to_channels(self, stored: Iterable[Stored]) -> dict[str, Channel]:
        """Read channels, less those that somebody made unreadable."""
        found = {}
        for each in stored:
            id_ = to_id(each.id)
            channel, bad = salvage(Channel, (each.to_dict() or {}) | {"id": id_})
            if each.exists:
                self._warn(each, bad if channel else ("all of it",))
            if channel:
                found[id_] = channel
        return found

    def _warn(self, stored: Stored, fields: Collection[str]) -> None:
        if fields and self._journal:
            path = stored.reference.path
            self._journal.warn("unreadable", document=path, fields=sorted(fields))
