"""How Google shows an event, and when a listing that asks for single events expands it.

https://developers.google.com/workspace/calendar/api/v3/reference/events
"""

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

from infra.local.google.calendar.collection import Item
from infra.local.google.clock import rfc3339
from infra.local.google.shape import Json

MOST_INSTANCES = 100
_STEPS = {"DAILY": timedelta(days=1), "WEEKLY": timedelta(weeks=1)}


def show_event(item: Item, calendar_id: str) -> Json:
    """Show an event; of a cancelled instance, and of what was deleted barely, next to nothing."""
    fields = dict(item.fields)
    bare = fields.pop("bare", False)
    known = {"kind": "calendar#event", "etag": item.etag, "id": item.id}
    if item.deleted and ("recurringEventId" in fields or bare):
        kept = ("recurringEventId", "originalStartTime")
        known |= {key: fields[key] for key in kept if key in fields}
        return known | {"status": "cancelled"}
    owner = {"email": calendar_id, "self": True}
    return {
        **known,
        "htmlLink": f"https://www.google.com/calendar/event?eid={item.id}",
        "created": rfc3339(item.created),
        "updated": rfc3339(item.updated),
        "creator": owner,
        "organizer": owner,
        "iCalUID": f"{item.id}@google.com",
        "sequence": 0,
        "reminders": {"useDefault": True},
        "eventType": "default",
        **fields,
        "status": "cancelled" if item.deleted else fields.get("status", "confirmed"),
    }


def starts_at(fields: Json) -> datetime:
    """Tell when an event starts; what has no start was always there."""
    return _when(fields.get("start") or fields.get("originalStartTime") or {})


def instances(item: Item, calendar_id: str, taken: set[str]) -> Iterator[Json]:
    """Expand a recurring event (daily or weekly, with COUNT) but for its exceptions."""
    shown = show_event(item, calendar_id)
    rule = next((each for each in shown.pop("recurrence", ()) if each.startswith("RRULE")), "")
    parts = dict(re.findall(r"([A-Z]+)=([^;]+)", rule))
    step = _STEPS.get(parts.get("FREQ", ""), timedelta(days=1)) * int(parts.get("INTERVAL", 1))
    for number in range(min(int(parts.get("COUNT", 10)), MOST_INSTANCES)):
        start = _moved(shown["start"], step * number)
        name = instance_id(item.id, start)
        if name not in taken:
            times = {"start": start, "end": _moved(shown["end"], step * number)}
            yield {
                **shown,
                **times,
                "id": name,
                "recurringEventId": item.id,
                "originalStartTime": start,
            }


def instance_id(event_id: str, start: Json) -> str:
    """Make the id of an instance: the event's and the original start."""
    if "date" in start:
        return f"{event_id}_{start['date'].replace('-', '')}"
    return f"{event_id}_{_when(start).astimezone(UTC):%Y%m%dT%H%M%SZ}"


def _when(time: Json) -> datetime:
    text = time.get("dateTime") or time.get("date") or "1970-01-01"
    when = datetime.fromisoformat(text)
    return when if when.tzinfo else when.replace(tzinfo=UTC)


def _moved(time: Json, by: timedelta) -> Json:
    if "date" in time:
        return {**time, "date": (date.fromisoformat(time["date"]) + by).isoformat()}
    moved = datetime.fromisoformat(time["dateTime"]) + by
    return {**time, "dateTime": moved.isoformat()}
