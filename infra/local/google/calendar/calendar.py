"""One calendar: its events, its access rules, who may see it, whether it can be watched."""

from infra.local.google.calendar.collection import Collection
from infra.local.google.ground import Ground
from infra.local.google.shape import Json

# Calendars that Google derives: anybody may read them, nobody can watch them.
DERIVED = ("#holiday@", "#contacts@", "#weather@", "@import.calendar.google.com")


class Calendar:
    """A calendar; `owner` is empty for those that Google derives."""

    def __init__(self, calendar_id: str, *, owner: str, summary: str, ground: Ground) -> None:
        self.id = calendar_id
        self.owner = owner
        self.summary = summary
        self.watchable = bool(owner)
        self.events = Collection(
            f"events {calendar_id}", method="calendar.events.list", account=owner, ground=ground
        )
        self.rules = Collection(
            f"acl {calendar_id}", method="calendar.acl.list", account=owner, ground=ground
        )

    def role(self, account: str) -> str:
        """Tell what an account may do: `owner`, `writer`, `reader`, `freeBusyReader`, `none`."""
        if account == self.owner:
            return "owner"
        rules = self.rules.items
        for rule_id in (f"user:{account}", "default"):
            if rule_id in rules and not rules[rule_id].deleted:
                return str(rules[rule_id].fields["role"])
        return "none" if self.owner else "reader"

    def readers(self) -> list[str]:
        """List the accounts that may see the calendar."""
        scopes = [each.fields["scope"] for each in self.rules.items.values() if not each.deleted]
        return sorted({self.owner, *(each["value"] for each in scopes if "value" in each)})

    def resource(self) -> Json:
        """Show the calendar itself."""
        return {
            "kind": "calendar#calendar",
            "etag": f'"{self.id}"',
            "id": self.id,
            "summary": self.summary,
            "timeZone": "UTC",
        }


def rule_fields(scope: str, role: str) -> Json:
    """Make the fields of an access rule from `user:ana@example.com`, `default` and the like."""
    kind, _, value = scope.partition(":")
    return {"scope": {"type": kind} | ({"value": value} if value else {}), "role": role}
