"""All calendars, each account's list of them and its settings, and what can be done to them."""

from infra.local.google.calendar.accounts import Accounts
from infra.local.google.calendar.calendar import DERIVED, Calendar, rule_fields
from infra.local.google.calendar.collection import Collection, Item
from infra.local.google.calendar.event import instance_id
from infra.local.google.errors import GoogleError
from infra.local.google.ground import Ground
from infra.local.google.shape import Json


class Calendars(Accounts):
    """Calendar's state; every change is logged and told to the channels."""

    def __init__(self, ground: Ground) -> None:
        super().__init__(ground)
        self.calendars: dict[str, Calendar] = {}
        self._removed: set[str] = set()

    def create_calendar(
        self, account: str, *, summary: str, calendar_id: str | None = None
    ) -> Calendar:
        """Make a secondary calendar and put it on its owner's list."""
        with self.ground.lock:
            name = calendar_id or f"{self.ground.new_id(26).lower()}@group.calendar.google.com"
            return self._make(name, account.lower(), summary)

    def remove_calendar(self, calendar_id: str) -> None:
        """Delete a calendar: it is gone from all lists, its events answer 404."""
        with self.ground.lock:
            calendar = self.calendars.pop(self.calendar(calendar_id).id)
            self._removed.add(calendar_id)
            for account in list(self._lists):
                if calendar_id in self._lists[account].items:
                    self.unsubscribe(account, calendar.id)

    def put_event(self, calendar_id: str, event_id: str | None = None, **fields: object) -> Item:
        """Make an event, or change the given fields of one."""
        with self.ground.lock:
            calendar = self.calendar(calendar_id)
            name = event_id or self.ground.random.randbytes(13).hex()
            old = calendar.events.items.get(name)
            kept = {key: each for key, each in old.fields.items() if key != "bare"} if old else {}
            item = calendar.events.put(name, {**kept, **fields})
            self._tell_events(calendar)
            return item

    def cancel_event(self, calendar_id: str, event_id: str, *, bare: bool = False) -> Item:
        """Delete an event; from then on its syncs tell that it is cancelled, barely if asked."""
        with self.ground.lock:
            calendar, item = self.calendar(calendar_id), self.event(calendar_id, event_id)
            fields = item.fields | ({"bare": True} if bare else {})
            cancelled = calendar.events.put(event_id, fields, deleted=True)
            self._tell_events(calendar)
            return cancelled

    def change_instance(
        self, calendar_id: str, event_id: str, start: Json, *, cancelled: bool, **fields: object
    ) -> Item:
        """Make an exception of one instance of a recurring event: cancelled, or with fields."""
        with self.ground.lock:
            calendar, series = self.calendar(calendar_id), self.event(calendar_id, event_id)
            inherited = {key: each for key, each in series.fields.items() if key != "recurrence"}
            about = {"recurringEventId": event_id, "originalStartTime": start, "start": start}
            name = instance_id(event_id, start)
            item = calendar.events.put(name, inherited | about | fields, deleted=cancelled)
            self._tell_events(calendar)
            return item

    def put_rule(self, calendar_id: str, scope: str, role: str) -> Item:
        """Give someone (`user:ben@example.com`, `default`, `domain:x`) a role; `none` takes it."""
        with self.ground.lock:
            calendar = self.calendar(calendar_id)
            fields = rule_fields(scope, role)
            before = calendar.readers()
            item = calendar.rules.put(scope, fields, deleted=role == "none")
            for account in before:
                self.ground.channels.notify(f"calendar acl {account} {calendar_id}", "exists")
            return item

    def list_of(self, account: str) -> Collection:
        """Find an account's list of calendars, its own calendar on it."""
        listed, account = super().list_of(account), account.lower()
        if account not in self.calendars and account not in self._removed:
            self._make(account, account, account)
        return listed

    def calendar(self, calendar_id: str) -> Calendar:
        """Find a calendar; an address has one as soon as somebody asks for it."""
        if found := self.calendars.get(calendar_id):
            return found
        if any(each in calendar_id for each in DERIVED):
            self.calendars[calendar_id] = Calendar(
                calendar_id, owner="", summary=calendar_id, ground=self.ground
            )
            return self.calendars[calendar_id]
        if calendar_id in self._removed or "@" not in calendar_id or "@group." in calendar_id:
            raise GoogleError("notFound")
        return self._make(calendar_id, calendar_id, calendar_id)

    def primary(self, account: str) -> Calendar:
        """Find an account's own calendar."""
        if account in self._removed:
            raise GoogleError("notFound")
        return self.calendars.get(account) or self._make(account, account, account)

    def event(self, calendar_id: str, event_id: str) -> Item:
        """Find an event, cancelled or not."""
        found = self.calendar(calendar_id).events.items.get(event_id)
        if found is None:
            raise GoogleError("notFound")
        return found

    def _make(self, calendar_id: str, owner: str, summary: str) -> Calendar:
        calendar = Calendar(calendar_id, owner=owner, summary=summary, ground=self.ground)
        self.calendars[calendar_id] = calendar
        calendar.rules.put(f"user:{owner}", rule_fields(f"user:{owner}", "owner"))
        self.subscribe(owner, calendar_id, selected=True, primary=calendar_id == owner)
        return calendar

    def _tell_events(self, calendar: Calendar) -> None:
        for account in calendar.readers():
            self.ground.channels.notify(f"calendar events {account} {calendar.id}", "exists")
