"""What is remembered of a watch's items, packed into parts in the collection `seen`.

How many parts there are, and under which name, stands in the watch's progress (`memory`): so a new
set of parts, twice as many or none at all, becomes valid with one write.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from google.cloud.firestore import Client, DocumentReference

from functions.domain.change import Seen
from functions.ports import Case, Journal
from infra.cloud.firestore_calls import read_all
from infra.cloud.firestore_cases import Ground
from infra.cloud.packing import PART_GROWS_TO, Memory, pack, part_of, place, unpack

_MOST_PARTS = 4096  # 1 GiB: no watch remembers that much
_AT_ONCE = 32  # parts in one read: 8 MiB


@dataclass(frozen=True, slots=True)
class Layout:
    """The set of parts that is valid."""

    name: str
    parts: int

    @classmethod
    def of(cls, progress: Mapping[str, Any]) -> Layout | None:
        """Read the layout from a document of `progress`; None if nothing is remembered."""
        match progress.get("memory"):
            case {"name": str(name), "parts": int(parts)} if parts > 0:
                return cls(name, parts)
        return None

    def part(self, index: int) -> str:
        """Name a part; by the number of parts, too, so that a set never finished is never read."""
        return f"{self.name}-{self.parts}-{index}"

    def document(self) -> dict[str, Any]:
        """Give the layout as it stands in the progress."""
        return {"name": self.name, "parts": self.parts}


@dataclass(frozen=True, slots=True)
class Put:
    """A part to be written; `packed` is None if only its end changes."""

    document: DocumentReference
    fields: dict[str, Any]

    @property
    def size(self) -> int:
        """About how many bytes it adds to a commit."""
        return len(self.fields.get("packed", b"")) + 1000


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be written so that the memory holds new entries, and what to remove after it."""

    layout: Layout | None
    puts: tuple[Put, ...] = ()
    obsolete: tuple[DocumentReference, ...] = ()


class FirestoreMemory:
    """Reads parts, and plans their writing: who decides also commits."""

    def __init__(self, client: Client, journal: Journal | None) -> None:
        self._client = client
        self._journal = journal

    def recall(self, layout: Layout, keys: Collection[str]) -> tuple[Memory, bool]:
        """Give what is remembered of these items, and whether all parts were there."""
        indexes = sorted({part_of(key, layout.parts) for key in keys})
        parts, complete = self._read(layout, indexes)
        found = {}
        for key in keys:
            seen = parts[part_of(key, layout.parts)].get(key)
            if seen:
                found[key] = seen
        return found, complete

    def page(
        self, layout: Layout, after: str | None, limit: int
    ) -> tuple[list[tuple[str, Seen]], bool]:
        """Give entries in the order of their places, and whether all parts were there."""
        found: list[tuple[str, Seen]] = []
        first = 0 if after is None else part_of(after, layout.parts)
        for index in range(first, layout.parts):
            parts, complete = self._read(layout, [index])
            if not complete:
                return found, False
            later = [key for key in parts[index] if after is None or place(key) > place(after)]
            found += [(key, parts[index][key]) for key in sorted(later, key=place)]
            if len(found) >= limit:
                break
        return found[:limit], True

    def plan(
        self, watch: str, ground: Ground, after: Case, seen: Mapping[str, Seen | None]
    ) -> Plan:
        """Plan to remember entries along with a decision; None drops an item."""
        layout = Layout.of(ground.fields)
        before, then = _end(ground.case), _end(after)
        fields: dict[str, Any] = {"watch": watch, "delete_at": then}
        valid, packed = self._packed(layout, seen) if seen else (layout, {})
        if valid is None:
            return Plan(None)
        puts: dict[str, dict[str, Any]] = {}
        if valid == layout and before != then:  # they live and die with the progress
            puts = {valid.part(index): fields for index in range(valid.parts)}
        puts |= {valid.part(index): fields | {"packed": data} for index, data in packed.items()}
        return Plan(
            valid,
            tuple(Put(self._part(name), each) for name, each in puts.items()),
            tuple(self.documents(layout)) if layout and valid != layout else (),
        )

    def _packed(
        self, layout: Layout | None, seen: Mapping[str, Seen | None]
    ) -> tuple[Layout, dict[int, bytes]]:
        """Give the parts that change, packed, and the layout they belong to."""
        valid = layout or Layout(uuid.uuid4().hex, 1)
        indexes = sorted({part_of(key, valid.parts) for key in seen})
        parts: dict[int, Memory] = self._read(valid, indexes)[0] if layout else {0: {}}
        merged = {index: dict(part) for index, part in parts.items()}
        for key, entry in seen.items():
            part = merged[part_of(key, valid.parts)]
            part.pop(key, None)
            if entry is not None:
                part[key] = entry
        changed = (index for index in merged if layout is None or merged[index] != parts[index])
        packed = {index: pack(merged[index]) for index in changed}
        if max(map(len, packed.values()), default=0) <= PART_GROWS_TO:
            return valid, packed
        rest = [index for index in range(valid.parts) if index not in merged]
        return _grown(valid, merged | self._read(valid, rest)[0])

    def documents(self, layout: Layout) -> list[DocumentReference]:
        """Give all parts of a layout."""
        return [self._part(layout.part(index)) for index in range(layout.parts)]

    def _part(self, name: str) -> DocumentReference:
        return self._client.collection("seen").document(name)

    def _read(self, layout: Layout, indexes: Sequence[int]) -> tuple[dict[int, Memory], bool]:
        """Read parts; those that are not there are empty, which the flag tells."""
        parts: dict[int, Memory] = {index: {} for index in indexes}
        complete = True
        for some in _portions(indexes):
            wanted = {self._part(layout.part(index)).path: index for index in some}
            found = read_all(self._client, [self._part(layout.part(index)) for index in some])
            for path, index in wanted.items():
                packed = (found[path].to_dict() or {}).get("packed")
                complete = complete and packed is not None
                parts[index] = self._unpack(path, packed)
        return parts, complete

    def _unpack(self, path: str, packed: object) -> Memory:
        try:
            return unpack(packed) if isinstance(packed, bytes) else {}
        except ValueError:
            if self._journal:
                self._journal.warn("unreadable", document=path, fields=["packed"])
            return {}


def _grown(layout: Layout, parts: Mapping[int, Memory]) -> tuple[Layout, dict[int, bytes]]:
    """Spread the entries on twice as many parts, or more, until each is small."""
    number = layout.parts * 2
    while True:
        spread: dict[int, Memory] = {index: {} for index in range(number)}
        for part in parts.values():
            for key, entry in part.items():
                spread[part_of(key, number)][key] = entry
        packed = {index: pack(part) for index, part in spread.items()}
        if number >= _MOST_PARTS or max(map(len, packed.values())) <= PART_GROWS_TO:
            return Layout(layout.name, number), packed
        number *= 2


def _end(case: Case) -> datetime | None:
    return case.progress.delete_at if case.progress else None


def _portions(indexes: Sequence[int]) -> Iterator[Sequence[int]]:
    for start in range(0, len(indexes), _AT_ONCE):
        yield indexes[start : start + _AT_ONCE]
