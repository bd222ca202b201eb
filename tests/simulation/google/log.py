"""A log of changes, one entry an item: a new change replaces the old entry."""

from __future__ import annotations

from collections.abc import Iterator

Entry = tuple[int, str, float]  # position, item, from when on it is listed


class Log:
    """Positions from 1 on; what is not listed yet hides all that follows."""

    def __init__(self) -> None:
        self._entries: list[tuple[str, float]] = []
        self._latest: dict[str, int] = {}

    def shown(self, visible: float) -> float:
        """Tell from when on an entry made now is listed: not before those in front of it."""
        return max(visible, self._entries[-1][1]) if self._entries else visible

    def add(self, item: str, visible: float) -> None:
        """Write an entry for an item."""
        visible = self.shown(visible)
        self._entries.append((item, visible))
        self._latest[item] = len(self._entries)

    def since(self, position: int, now: float) -> Iterator[Entry]:
        """Give what is listed from a position on."""
        for number in range(position, len(self._entries) + 1):
            item, visible = self._entries[number - 1]
            if visible > now:
                return
            if self._latest[item] == number:
                yield number, item, visible

    def head(self, now: float) -> int:
        """Give the position at which the next entry will be listed."""
        number = len(self._entries)
        first = number + 1
        while number and number > len(self._entries) - 50:
            if self._entries[number - 1][1] > now:
                first = number
            number -= 1
        return first

    def page(self, position: int, now: float, size: int) -> tuple[list[str], int, bool]:
        """Give a page of items, the position after it, and whether there is more."""
        items: list[str] = []
        for number, item, _ in self.since(position, now):
            if len(items) == size:
                return items, number, True
            items.append(item)
        return items, self.head(now), False
