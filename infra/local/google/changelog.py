"""A log of changes as Google keeps it: one entry for each item, the latest.

A new change of an item replaces its older entry, so steps between are lost.
https://developers.google.com/workspace/drive/api/guides/change-overview
"""

from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(slots=True, frozen=True)
class Entry:
    """One item's latest change: where it stands in the log, when it was made and can be listed."""

    position: int
    key: tuple[str, str]
    at: float
    visible_at: float


class ChangeLog:
    """Entries by position; a token is the position from which to read on."""

    def __init__(self, start: int = 1) -> None:
        self._next = start
        self._entries: list[Entry] = []
        self._latest: dict[tuple[str, str], int] = {}
        self.floor = start  # tokens before this one are refused

    def record(self, key: tuple[str, str], *, at: float, visible_at: float) -> None:
        """Write an item's change at the end."""
        # A change never becomes visible before one that stands ahead of it: readers go in order.
        if self._entries:
            visible_at = max(visible_at, self._entries[-1].visible_at)
        self._entries.append(Entry(self._next, key, at, visible_at))
        self._latest[key] = self._next
        self._next += 1
        if len(self._entries) > 2 * len(self._latest) + 64:
            self._entries = [each for each in self._entries if self._is_latest(each)]

    def page(self, token: int, size: int, now: float) -> tuple[list[Entry], int, bool]:
        """Read up to `size` visible entries: they, the next token, whether more are visible."""
        found: list[Entry] = []
        following = token
        for entry in self._from(token):
            if entry.visible_at > now:
                return found, following, False
            if len(found) == size:
                return found, following, True
            if self._is_latest(entry):
                found.append(entry)
            following = entry.position + 1
        return found, max(following, self._next), False

    def end(self, now: float) -> int:
        """Tell the token from which only what is not visible yet follows."""
        position = self._next
        for entry in reversed(self._entries):
            if entry.visible_at <= now:
                break
            position = entry.position
        return position

    def knows(self, token: int) -> bool:
        """Tell whether a token can be one of this log."""
        return token <= self._next

    def invalidate(self) -> None:
        """Refuse every token given so far."""
        self._next += 1
        self.floor = self._next

    def _from(self, token: int) -> Iterator[Entry]:
        start = bisect_left(self._entries, token, key=lambda entry: entry.position)
        for index in range(start, len(self._entries)):
            yield self._entries[index]

    def _is_latest(self, entry: Entry) -> bool:
        return self._latest[entry.key] == entry.position
