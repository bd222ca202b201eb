"""All users and aliases, and what administrators do to them."""

from dataclasses import replace

from infra.local.google.directory.user import CUSTOMER, Profile, User
from infra.local.google.errors import GoogleError
from infra.local.google.ground import Ground
from infra.local.google.lagging import Lagging
from infra.local.google.shape import Json


class Directory:
    """Directory's state; every change is told to the channels."""

    def __init__(self, ground: Ground) -> None:
        self.ground = ground
        self.users: dict[str, User] = {}
        self._ids: dict[str, str] = {}  # of users that are not deleted, by address and alias
        self._admins: set[str] = set()
        self._versions = 0

    def create(self, email: str, *, user_id: str | None = None, **fields: object) -> User:
        """Make a user."""
        with self.ground.lock:
            if email.lower() in self._ids:
                raise GoogleError("duplicate", "Entity already exists.")
            user = User(
                id=user_id or str(self.ground.random.randint(10**20, 2 * 10**20)),
                created=self.ground.clock.now(),
                profile=Lagging(),
            )
            self.users[user.id] = user
            profile = Profile(email=email.lower(), etag=self._etag(), fields=dict(fields))
            self._set(user, profile, event="add")
            return user

    def update(self, key: str, *, email: str | None = None, **fields: object) -> User:
        """Change a user: fields (`suspended`, `archived`, `name` ...) or the address."""
        with self.ground.lock:
            user = self.user(key)
            old = user.profile.now()
            changed = old.fields | fields
            address = (email or old.email).lower()
            event = "update"
            if fields.get("isAdmin") and not old.fields.get("isAdmin"):
                event = "makeAdmin"
            profile = replace(old, fields=changed, email=address, etag=self._etag())
            self._set(user, profile, event=event)
            return user

    def delete(self, key: str) -> None:
        """Delete a user; it can be undeleted."""
        with self.ground.lock:
            user, now = self.user(key), self.ground.clock.now()
            profile = replace(user.profile.now(), deleted_at=now, etag=self._etag())
            self._set(user, profile, event="delete")

    def undelete(self, user_id: str) -> User:
        """Bring a deleted user back, by its id."""
        with self.ground.lock:
            user = self.users[user_id]
            profile = replace(user.profile.now(), deleted_at=None, etag=self._etag())
            self._set(user, profile, event="undelete")
            return user

    def add_alias(self, key: str, alias: str) -> User:
        """Give a user another address."""
        with self.ground.lock:
            user = self.user(key)
            return self._set_aliases(
                user, (*user.profile.now().aliases, alias.lower()), "add", alias
            )

    def remove_alias(self, key: str, alias: str) -> User:
        """Take an address from a user."""
        with self.ground.lock:
            user = self.user(key)
            aliases = user.profile.now().aliases
            if alias.lower() not in aliases:
                raise GoogleError("notFound", "Resource Not Found: alias")
            left = tuple(each for each in aliases if each != alias.lower())
            return self._set_aliases(user, left, "delete", alias)

    def user(self, key: str) -> User:
        """Find a user that is not deleted by id, address or alias."""
        user = self.users.get(self._ids.get(key.lower(), key))
        if user is None or user.profile.now().deleted_at is not None:
            raise GoogleError("notFound", "Resource Not Found: userKey")
        return user

    def allows(self, account: str) -> bool:
        """Tell whether an account may read the directory: anybody, until there is an admin."""
        return not self._admins or account in self._admins

    def _set(self, user: User, profile: Profile, *, event: str) -> None:
        visible_at = self.ground.visible_at("directory.users.list", profile.email)
        self._index(user, profile)
        user.profile.set(profile, visible_at=visible_at)
        domain = profile.email.partition("@")[2]
        for scope in (f"domain {domain}", f"customer {CUSTOMER}"):
            self.ground.channels.notify(f"directory users {scope}", event, body=user.brief())

    def _set_aliases(self, user: User, aliases: tuple[str, ...], event: str, alias: str) -> User:
        profile = replace(user.profile.now(), aliases=aliases, etag=self._etag())
        self._set(user, profile, event="update")
        body = alias_body(user, alias, profile.etag)
        self.ground.channels.notify(f"directory aliases {user.id}", event, body=body)
        return user

    def _index(self, user: User, profile: Profile) -> None:
        if user.profile.states:
            old = user.profile.now()
            for name in (old.email, *old.aliases):
                self._ids.pop(name, None)
            self._admins.discard(old.email)
        if profile.deleted_at is None:
            self._ids |= dict.fromkeys((profile.email, *profile.aliases), user.id)
            if profile.fields.get("isAdmin"):
                self._admins.add(profile.email)

    def _etag(self) -> str:
        self._versions += 1
        return f'"simulated/{self._versions}"'


def alias_body(user: User, alias: str, etag: str) -> Json:
    """Show an alias of a user."""
    return {
        "kind": "admin#directory#alias",
        "id": user.id,
        "etag": etag,
        "primaryEmail": user.profile.now().email,
        "alias": alias.lower(),
    }
