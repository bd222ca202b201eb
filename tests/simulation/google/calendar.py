"""The model of a calendar: events, and lists since a sync token."""

from __future__ import annotations

from typing import Any

from functions.domain.errors import CursorExpired, Refused
from functions.domain.model import Verdict
from functions.sources.call import Call
from tests.simulation.google.log import Log
from tests.simulation.google.truth import GONE, Collection, Ground

MOST_EVENTS = 12


class Calendar(Collection):
    """The events of one calendar."""

    def __init__(self, key: str, ground: Ground) -> None:
        super().__init__(key, ground)
        self.events: dict[str, dict[str, Any]] = {}  # cancelled ones, too
        self.log = Log()
        self.floor = 1
        for _ in range(3):
            self.create()

    def create(self) -> None:
        """Make an event."""
        item, text = f"e{len(self.events)}-{self.key.replace(' ', '-')}", self.ground.text()
        self.events[item] = {"id": item, "status": "confirmed", "created": text}
        self._put(item, description=self.ground.mark())

    def change(self) -> None:
        draw = self.ground.random
        there = [item for item, event in self.events.items() if event["status"] == "confirmed"]
        gone = [item for item, event in self.events.items() if event["status"] == "cancelled"]
        lot = draw.random()
        if not there or (len(there) < MOST_EVENTS and lot < 0.25):
            self.create()
        elif lot < 0.4:
            self._put(draw.choice(there), status="cancelled")
        elif lot < 0.45 and gone:
            item = draw.choice(gone)
            self._put(item, status="confirmed", description=self.ground.mark())
        else:
            self._put(draw.choice(there), description=self.ground.mark())

    def touch(self) -> None:
        self.create()

    def _put(self, item: str, **fields: Any) -> None:
        etag = f'"{self.ground.marks}-{len(self.history[item])}"'
        event = {**self.events[item], **fields, "etag": etag, "updated": self.ground.text()}
        self.events[item] = event
        gone = event["status"] == "cancelled"
        look = GONE if gone else f"there {event['description']}"
        visible = self.log.shown(self.ground.visible())
        self.became(item, look, visible)
        self.log.add(item, visible)
        self.ground.notify(self.key, "exists", None)

    # --- what is answered ------------------------------------------------------------------------

    def answer(self, call: Call) -> dict[str, Any]:
        if call.method == "events.get":
            item = str(call.params["eventId"])
            if item not in self.events:
                raise Refused("404: Not Found", Verdict.NOT_FOUND)
            return self.events[item]
        assert call.method == "events.list", call.method
        if "syncToken" in call.params:
            return self._since(str(call.params.get("pageToken") or call.params["syncToken"]))
        return self._all(str(call.params.get("pageToken", "")))

    def void(self) -> None:
        self.floor = self.log.head(self.ground.timeline.now) + 1
        self.log.add("", self.ground.timeline.now)
        self.log.add("", self.ground.timeline.now)

    def _since(self, token: str) -> dict[str, Any]:
        position = int(token.removeprefix("s"))
        if position < self.floor:
            raise CursorExpired("410: fullSyncRequired")
        now = self.ground.timeline.now
        items, following, more = self.log.page(position, now, self.ground.page)
        found = [self.events[item] for item in items if item]
        return {"items": found, "nextPageToken" if more else "nextSyncToken": f"s{following}"}

    def _all(self, page: str) -> dict[str, Any]:
        begun, _, after = page.partition(" ")
        begun = begun or str(self.log.head(self.ground.timeline.now))
        items = [
            item
            for item in sorted(self.events)
            if item > after and self.events[item]["status"] != "cancelled"
        ]
        listed = items[: self.ground.page]
        found = [self.events[item] for item in listed]
        if len(items) > len(listed):
            return {"items": found, "nextPageToken": f"{begun} {listed[-1]}"}
        return {"items": found, "nextSyncToken": f"s{begun}"}
