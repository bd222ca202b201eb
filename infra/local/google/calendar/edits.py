"""Calendar's events: the calls that change them.

https://developers.google.com/workspace/calendar/api/v3/reference/events
"""

from infra.local.google.calendar.event import show_event
from infra.local.google.calendar.events import found
from infra.local.google.call import Call
from infra.local.google.errors import GoogleError
from infra.local.google.shape import Json


def insert_event(call: Call) -> Json:
    """Answer calendar.events.insert."""
    calendar, fields = found(call), dict(call.body)
    name = fields.pop("id", None)
    if name in calendar.events.items:
        raise GoogleError("duplicate")
    for key in ("start", "end"):
        if not fields.get(key):
            raise GoogleError("required", f"Missing {key} time.")
    item = call.world.calendar.put_event(calendar.id, name, **fields)
    return show_event(item, calendar.id)


def patch_event(call: Call) -> Json:
    """Answer calendar.events.patch and update."""
    calendar = found(call)
    item = call.world.calendar.event(calendar.id, call.path["eventId"])
    known = {"kind", "etag", "id", "htmlLink", "created", "updated"}
    fields = {key: value for key, value in call.body.items() if key not in known}
    if fields.get("status") == "cancelled":
        call.world.calendar.cancel_event(calendar.id, item.id)
    else:
        call.world.calendar.put_event(calendar.id, item.id, **fields)
    return show_event(calendar.events.items[item.id], calendar.id)


def delete_event(call: Call) -> None:
    """Answer calendar.events.delete; what is deleted already answers 410."""
    calendar = found(call)
    if call.world.calendar.event(calendar.id, call.path["eventId"]).deleted:
        raise GoogleError("deleted")
    call.world.calendar.cancel_event(calendar.id, call.path["eventId"])
