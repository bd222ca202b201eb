"""What is remembered of a watch's items, read from the parts that hold it."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Collection
from typing import TypeVar

from functions.domain.change import Seen
from infra.cloud.firestore_cases import FirestoreCases
from infra.cloud.firestore_parts import FirestoreParts, Layout
from infra.cloud.packing import from_row, part_of, place

T = TypeVar("T")


class FirestoreMemory:
    """Reads the memory."""

    def __init__(self, cases: FirestoreCases, parts: FirestoreParts) -> None:
        self._cases = cases
        self._parts = parts

    def recall(self, watch: str, keys: Collection[str]) -> dict[str, Seen]:
        """Give what is remembered of these items."""
        return self._look(watch, lambda layout: self._recall(layout, keys)) or {}

    def page(self, watch: str, after: str | None, limit: int) -> list[tuple[str, Seen]]:
        """Give entries in the order of their places."""
        return self._look(watch, lambda layout: self._page(layout, after, limit)) or []

    def _recall(self, layout: Layout, keys: Collection[str]) -> tuple[dict[str, Seen], bool]:
        parts = self._parts.read(layout, sorted({part_of(key, layout.parts) for key in keys}))
        rows = {key: (parts[part_of(key, layout.parts)] or {}).get(key) for key in keys}
        found = {key: from_row(row) for key, row in rows.items() if row}
        return found, None not in parts.values()

    def _page(
        self, layout: Layout, after: str | None, limit: int
    ) -> tuple[list[tuple[str, Seen]], bool]:
        found: list[tuple[str, Seen]] = []
        complete = True
        first = 0 if after is None else part_of(after, layout.parts)
        for index in range(first, layout.parts):
            if len(found) >= limit:
                break
            part = self._parts.read(layout, [index])[index]
            if part is None:
                complete, part = False, {}
            places = sorted(map(place, part))
            start = 0 if after is None else bisect_right(places, place(after))
            wanted = places[start : start + limit - len(found)]
            found += [(key, from_row(part[key])) for _, key in wanted]
        return found, complete

    def _look(self, watch: str, read: Callable[[Layout], tuple[T, bool]]) -> T | None:
        """Read; once more if a part vanished because the memory was laid out anew meanwhile.

        Every part is written when its layout becomes valid, so none is missing otherwise.
        """
        before: Layout | None = None
        while True:
            layout = Layout.of(self._cases.stored_progress(watch).to_dict())
            if layout is None:
                return None
            found, complete = read(layout)
            if complete or layout == before:
                return found
            before = layout
