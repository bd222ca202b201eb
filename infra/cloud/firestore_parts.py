"""The parts of a watch's memory: documents in the collection `seen`.

How many parts there are, and under which name, stands in the watch's progress (`memory`): so a new
set of parts, twice as many or none at all, becomes valid with one write.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from google.cloud.firestore import Client, DocumentReference

from functions.ports import Journal
from infra.cloud.firestore_calls import read_all
from infra.cloud.packing import Part, unpack

_AT_ONCE = 64  # parts in one read: 8 MiB


@dataclass(frozen=True, slots=True)
class Layout:
    """The set of parts that is valid."""

    name: str
    parts: int

    @classmethod
    def of(cls, progress: Mapping[str, Any] | None) -> Layout | None:
        """Read the layout from a document of `progress`; None if nothing is remembered."""
        match (progress or {}).get("memory"):
            case {"name": str(name), "parts": int(parts)} if parts > 0:
                return cls(name, parts)
        return None

    def fields(self) -> dict[str, Any]:
        """Give the layout as it stands in the progress."""
        return {"name": self.name, "parts": self.parts}

    def part(self, index: int) -> str:
        """Name a part; by the number of parts, too, so that a set never finished is never read."""
        return f"{self.name}-{self.parts}-{index}"


class FirestoreParts:
    """Reads parts."""

    def __init__(self, client: Client, journal: Journal | None) -> None:
        self._client = client
        self._journal = journal

    def document(self, name: str) -> DocumentReference:
        """Give the place of a part."""
        return self._client.collection("seen").document(name)

    def documents(self, layout: Layout) -> list[DocumentReference]:
        """Give the places of all parts of a layout."""
        return [self.document(layout.part(index)) for index in range(layout.parts)]

    def read(self, layout: Layout, indexes: Sequence[int]) -> dict[int, Part | None]:
        """Read parts; None for those that are not there."""
        found: dict[int, Part | None] = {}
        for start in range(0, len(indexes), _AT_ONCE):
            some = {
                index: self.document(layout.part(index))
                for index in indexes[start : start + _AT_ONCE]
            }
            stored = read_all(self._client, list(some.values()))
            for index, document in some.items():
                fields = stored[document.path].to_dict() or {}
                found[index] = self._unpacked(document.path, fields.get("packed"))
        return found

    def _unpacked(self, path: str, packed: object) -> Part | None:
        if not isinstance(packed, bytes):
            return None
        try:
            return unpack(packed)
        except ValueError:
            if self._journal:
                self._journal.warn("unreadable", document=path, fields=["packed"])
            return {}
