"""A shared drive and how Google shows it."""

from dataclasses import dataclass

from infra.local.google.clock import rfc3339
from infra.local.google.shape import Json


@dataclass(slots=True, kw_only=True, eq=False)
class SharedDrive:
    """A shared drive; whoever is not a member does not know that it exists."""

    id: str
    name: str
    members: set[str]
    created: float
    removed: bool = False
    lingers: bool = False  # removed, but its log can still be read by who was a member

    def resource(self) -> Json:
        """Show the drive."""
        return {
            "kind": "drive#drive",
            "id": self.id,
            "name": self.name,
            "createdTime": rfc3339(self.created),
            "hidden": False,
            "colorRgb": "#004d40",
            "capabilities": {"canAddChildren": True, "canEdit": True, "canListChildren": True},
            "restrictions": {"domainUsersOnly": False, "driveMembersOnly": False},
        }
