"""An activity: who did what in which application, and how Google reports it.

https://developers.google.com/workspace/admin/reports/reference/rest/v1/activities/list#Activity
"""

from dataclasses import dataclass

from infra.local.google.clock import rfc3339
from infra.local.google.directory.user import CUSTOMER
from infra.local.google.shape import Json


@dataclass(slots=True, frozen=True, kw_only=True)
class Activity:
    """An activity; lists show it from `visible_at` on, which may be hours after `at`."""

    application: str
    at: float
    unique: int
    actor: str
    profile_id: str
    address: str
    events: tuple[Json, ...]
    visible_at: float

    @property
    def key(self) -> tuple[float, int]:
        """Tell where the activity stands: lists have the newest first."""
        return (-self.at, self.unique)

    def resource(self, event: str = "") -> Json:
        """Show the activity, of its events only the named one if one is named."""
        events = [each for each in self.events if event in {"", each["name"]}]
        return {
            "kind": "admin#reports#activity",
            "id": {
                "time": rfc3339(self.at),
                "uniqueQualifier": str(self.unique),
                "applicationName": self.application,
                "customerId": CUSTOMER,
            },
            "etag": f'"simulated/{self.unique}"',
            "actor": {"callerType": "USER", "email": self.actor, "profileId": self.profile_id},
            "ipAddress": self.address,
            "events": events,
        }
