"""What Calendar keeps for each account: the list of its calendars, and its settings."""

from infra.local.google.calendar.collection import Collection, Item
from infra.local.google.ground import Ground

SETTINGS = {"timezone": "UTC", "locale": "en", "weekStart": "0", "format24HourTime": "true"}


class Accounts:
    """The part of Calendar's state that belongs to accounts."""

    def __init__(self, ground: Ground) -> None:
        self.ground = ground
        self._lists: dict[str, Collection] = {}
        self._settings: dict[str, Collection] = {}

    def subscribe(self, account: str, calendar_id: str, **fields: object) -> Item:
        """Put a calendar on an account's list, or change how it stands there."""
        with self.ground.lock:
            listed = self.list_of(account)
            old = listed.items.get(calendar_id)
            kept = old.fields if old and not old.deleted else {}
            item = listed.put(calendar_id, {**kept, **fields})
            self.ground.channels.notify(f"calendar list {account.lower()}", "exists")
            return item

    def unsubscribe(self, account: str, calendar_id: str) -> None:
        """Take a calendar off an account's list."""
        with self.ground.lock:
            self.list_of(account).put(calendar_id, {}, deleted=True)
            self.ground.channels.notify(f"calendar list {account.lower()}", "exists")

    def put_setting(self, account: str, name: str, value: str | None) -> None:
        """Change a setting; without a value it is gone, of which no sync tells."""
        with self.ground.lock:
            settings = self.settings_of(account)
            if value is None:
                settings.forget(name)
            else:
                settings.put(name, {"value": value})
            self.ground.channels.notify(f"calendar settings {account.lower()}", "exists")

    def list_of(self, account: str) -> Collection:
        """Find an account's list of calendars."""
        account = account.lower()
        if account not in self._lists:
            self._lists[account] = self._collection("list", "calendarList", account)
        return self._lists[account]

    def settings_of(self, account: str) -> Collection:
        """Find an account's settings."""
        account = account.lower()
        if account not in self._settings:
            settings = self._settings[account] = self._collection("settings", "settings", account)
            for name, value in SETTINGS.items():
                settings.put(name, {"value": value})
        return self._settings[account]

    def _collection(self, kind: str, resource: str, account: str) -> Collection:
        method = f"calendar.{resource}.list"
        return Collection(f"{kind} {account}", method=method, account=account, ground=self.ground)
