"""Plans which parts of a watch's memory are to be written along with a decision."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from google.cloud.firestore import DocumentReference

from functions.domain.change import Seen
from functions.ports import Case
from infra.cloud.firestore_cases import Ground
from infra.cloud.firestore_parts import FirestoreParts, Layout
from infra.cloud.packing import PART_GROWS_TO, Part, pack, part_of, to_row

# Firestore deletes what is expired one by one, within a day or so: parts must not go before the
# progress that refers to them. https://cloud.google.com/firestore/native/docs/ttl
_LONGER = timedelta(days=3)
_MOST_PARTS = 4096  # half a gigabyte: no watch remembers that much


@dataclass(frozen=True, slots=True)
class Put:
    """A part to be written; or only its end, if the fields have nothing packed."""

    document: DocumentReference
    fields: dict[str, Any]

    @property
    def size(self) -> int:
        """About how many bytes it adds to a commit."""
        return len(self.fields.get("packed", b"")) + 1000


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be written, the layout valid then, and what to remove after it."""

    layout: Layout | None
    puts: tuple[Put, ...] = ()
    obsolete: tuple[DocumentReference, ...] = ()


def plan(
    parts: FirestoreParts, ground: Ground, after: Case, seen: Mapping[str, Seen | None]
) -> Plan:
    """Plan to remember entries, to drop items whose entry is None, and to end with the progress."""
    layout = Layout.of(ground.fields)
    valid, packed = _packed(parts, layout, seen) if seen else (layout, {})
    if valid is None:
        return Plan(None)
    fields: dict[str, Any] = {"watch": ground.watch, "delete_at": _end(after)}
    puts: dict[str, dict[str, Any]] = {}
    if valid == layout and _end(ground.case) != _end(after):
        puts = {valid.part(index): fields for index in range(valid.parts)}
    puts |= {valid.part(index): fields | {"packed": data} for index, data in packed.items()}
    return Plan(
        layout=valid,
        puts=tuple(Put(parts.document(name), each) for name, each in puts.items()),
        obsolete=tuple(parts.documents(layout)) if layout and layout != valid else (),
    )


def _packed(
    parts: FirestoreParts, layout: Layout | None, seen: Mapping[str, Seen | None]
) -> tuple[Layout, dict[int, bytes]]:
    """Give the parts that change, packed, and the layout they belong to."""
    valid = layout or Layout(uuid.uuid4().hex, 1)
    indexes = sorted({part_of(key, valid.parts) for key in seen})
    before = parts.read(valid, indexes) if layout else dict.fromkeys(indexes)
    merged = {index: dict(part or {}) for index, part in before.items()}
    for key, entry in seen.items():
        part = merged[part_of(key, valid.parts)]
        part.pop(key, None)
        if entry is not None:
            part[key] = to_row(entry)
    packed = {index: pack(part) for index, part in merged.items() if part != before[index]}
    if max(map(len, packed.values()), default=0) <= PART_GROWS_TO:
        return valid, packed
    rest = parts.read(valid, [index for index in range(valid.parts) if index not in merged])
    return _grown(valid, [*merged.values(), *(part or {} for part in rest.values())])


def _grown(layout: Layout, parts: list[Part]) -> tuple[Layout, dict[int, bytes]]:
    """Spread the entries on twice as many parts, or more, until each is small."""
    number = layout.parts * 2
    while True:
        spread: dict[int, Part] = {index: {} for index in range(number)}
        for part in parts:
            for key, row in part.items():
                spread[part_of(key, number)][key] = row
        packed = {index: pack(part) for index, part in spread.items()}
        if number >= _MOST_PARTS or max(map(len, packed.values())) <= PART_GROWS_TO:
            return Layout(layout.name, number), packed
        number *= 2


def _end(case: Case) -> datetime | None:
    if case.progress is None or case.progress.delete_at is None:
        return None
    return case.progress.delete_at + _LONGER
