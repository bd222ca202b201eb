"""The newest change events, numbered, so that a page asks only for what it has not."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterator
from typing import Any

from functions.domain.errors import Trouble
from infra.machine.following import Event

MOST = 500


class Stream:
    """Follows events in a thread of its own."""

    def __init__(self, follow: Callable[[], Iterator[Event]] | None) -> None:
        """Keep what is followed; nothing is read yet."""
        self._follow = follow
        self._lock = threading.Lock()
        self._events: deque[tuple[int, Event]] = deque(maxlen=MOST)
        self._number = 0
        self._trouble = "" if follow else "no changes are followed: name their file with --changes"

    def start(self) -> None:
        """Begin to follow."""
        if self._follow is not None:
            threading.Thread(target=self._run, name="changes", daemon=True).start()

    def after(self, number: int) -> dict[str, Any]:
        """Give what came after the event of this number, oldest first."""
        with self._lock:
            found = [{"number": n, **_brief(event)} for n, event in self._events if n > number]
            return {"last": self._number, "trouble": self._trouble, "changes": found[-100:]}

    def _run(self) -> None:
        try:
            for event in self._follow() if self._follow else ():
                with self._lock:
                    self._number += 1
                    self._events.append((self._number, event))
        except Trouble as trouble:
            self._trouble = trouble.text


def _brief(event: Event) -> dict[str, Any]:
    data = event.get("data")
    item = data.get("item") if isinstance(data, dict) else None
    named = item if isinstance(item, dict) else {}
    name = next((str(named[key]) for key in ("name", "summary", "title") if key in named), "")
    return {
        "time": event.get("time"),
        "watch": event.get("watch"),
        "type": str(event.get("type", "")).removeprefix("watchkeeper."),
        "subject": event.get("subject"),
        "name": name[:120],
    }
