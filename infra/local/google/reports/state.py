"""All activities, and how they come about."""

import zlib
from bisect import insort

from infra.local.google.ground import Ground
from infra.local.google.reports.activity import Activity
from infra.local.google.shape import Json


class Reports:
    """Reports' state; every activity is told to the channels, once it is listed or before."""

    def __init__(self, ground: Ground) -> None:
        self.ground = ground
        self.activities: dict[str, list[Activity]] = {}

    def record(
        self,
        application: str,
        *,
        actor: str,
        event: str,
        parameters: Json | None = None,
        ago: float = 0.0,
        late: float = 0.0,
        address: str = "203.0.113.7",
        unique: int | None = None,
    ) -> Activity:
        """Record an activity that happened some seconds `ago`, listed only `late` seconds on."""
        with self.ground.lock:
            now = self.ground.clock.now()
            visible_at = self.ground.visible_at("reports.activities.list", actor.lower()) + late
            activity = Activity(
                application=application,
                # What is shown is milliseconds, and what is compared is what is shown.
                at=int((now - ago) * 1000) / 1000,
                unique=unique or -self.ground.random.randint(1, 2**62),
                actor=actor.lower(),
                profile_id=f"1{zlib.crc32(actor.lower().encode()):020d}",
                address=address,
                events=(_event(event, parameters or {}),),
                visible_at=visible_at,
            )
            listed = self.activities.setdefault(application, [])
            insort(listed, activity, key=lambda each: each.key)
            self._tell(activity, event)
            return activity

    def _tell(self, activity: Activity, event: str) -> None:
        for user in ("all", activity.actor, activity.profile_id):
            self.ground.channels.notify(
                f"reports {activity.application} {user}", event, payload=activity.resource()
            )


def _event(name: str, parameters: Json) -> Json:
    shown = []
    for key, value in parameters.items():
        match value:
            case bool():
                shown.append({"name": key, "boolValue": value})
            case int():
                shown.append({"name": key, "intValue": str(value)})
            case list():
                shown.append({"name": key, "multiValue": [str(each) for each in value]})
            case _:
                shown.append({"name": key, "value": str(value)})
    return {"type": "access", "name": name, "parameters": shown}
