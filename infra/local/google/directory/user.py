"""A user of the directory and how Google shows it.

https://developers.google.com/workspace/admin/directory/reference/rest/v1/users#User
"""

from dataclasses import dataclass, field

from infra.local.google.clock import rfc3339
from infra.local.google.lagging import Lagging
from infra.local.google.shape import Json

CUSTOMER = "C01simul8"


@dataclass(slots=True, frozen=True, kw_only=True)
class Profile:
    """A user at one time."""

    email: str
    etag: str
    fields: Json = field(default_factory=dict)
    aliases: tuple[str, ...] = ()
    deleted_at: float | None = None


@dataclass(slots=True, kw_only=True, eq=False)
class User:
    """A user through the times; deleted ones are kept, so that they can be listed as such."""

    id: str
    created: float
    profile: Lagging[Profile]

    def show(self, profile: Profile) -> Json:
        """Show the user as of one of its profiles."""
        name = profile.email.partition("@")[0].title()
        shown = {
            "kind": "admin#directory#user",
            "id": self.id,
            "etag": profile.etag,
            "primaryEmail": profile.email,
            "name": {"givenName": name, "familyName": "User", "fullName": f"{name} User"},
            "isAdmin": False,
            "isDelegatedAdmin": False,
            "lastLoginTime": "1970-01-01T00:00:00.000Z",
            "creationTime": rfc3339(self.created),
            "agreedToTerms": True,
            "suspended": False,
            "archived": False,
            "changePasswordAtNextLogin": False,
            "ipWhitelisted": False,
            "emails": [{"address": profile.email, "primary": True}],
            "customerId": CUSTOMER,
            "orgUnitPath": "/",
            "isMailboxSetup": True,
            "isEnrolledIn2Sv": False,
            "isEnforcedIn2Sv": False,
            "includeInGlobalAddressList": True,
            **profile.fields,
        }
        if profile.aliases:
            shown["aliases"] = list(profile.aliases)
        if profile.deleted_at is not None:
            shown["deletionTime"] = rfc3339(profile.deleted_at)
        return shown

    def brief(self) -> Json:
        """Show what notifications carry."""
        profile = self.profile.now()
        return {
            "kind": "admin#directory#user",
            "id": self.id,
            "etag": profile.etag,
            "primaryEmail": profile.email,
        }
