"""The model of an application's activities: listed from a time, the newest first, some late."""

from __future__ import annotations

from typing import Any

from functions.sources.call import Call
from infra.local.google.clock import parse_rfc3339
from tests.simulation.google.truth import EPOCH, Collection, Ground

LATEST = 1800.0  # seconds; of `admin` Google says a couple of minutes, and we read an hour


class Reports(Collection):
    """What the users of an application did."""

    def __init__(self, key: str, ground: Ground) -> None:
        super().__init__(key, ground)
        self.activities: list[tuple[float, float, dict[str, Any]]] = []

    def change(self) -> None:
        ground = self.ground
        late = ground.random.random() < ground.lag
        visible = ground.timeline.now + (ground.random.random() * LATEST if late else 0.0)
        item = str(10**6 + len(self.activities))
        activity = {
            "id": {"time": ground.text(), "uniqueQualifier": item, "applicationName": "admin"},
            "description": ground.mark(),
        }
        entry = (visible, EPOCH + ground.now(), activity)
        self.activities.append(entry)
        self.became(item, f"there {activity['description']}", visible)
        ground.notify(self.key, "CREATE_USER", activity)

    def touch(self) -> None:
        self.change()

    def answer(self, call: Call) -> dict[str, Any]:
        assert call.method == "activities.list", call.method
        start = call.params.get("startTime")
        since = parse_rfc3339(str(start)) if start else 0.0
        now, after = self.ground.timeline.now, call.params.get("pageToken")
        last = int(str(after)) if after else len(self.activities)
        size = min(int(call.params.get("maxResults", 1000)), self.ground.page)
        found: list[dict[str, Any]] = []
        for number in range(last - 1, -1, -1):
            visible, at, activity = self.activities[number]
            if at < since:
                break
            if visible > now:
                continue
            if len(found) == size:
                return {"items": found, "nextPageToken": str(number + 1)}
            found.append(activity)
        return {"items": found} if found else {}

    def void(self) -> None:
        """Nothing: a time cannot be too old."""
