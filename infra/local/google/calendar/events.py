"""Calendar's events: list, get, instances, watch, and the calls that change them.

https://developers.google.com/workspace/calendar/api/v3/reference/events
"""

from datetime import UTC, datetime
from urllib.parse import quote

from infra.local.google.calendar.calendar import Calendar
from infra.local.google.calendar.collection import Item
from infra.local.google.calendar.event import instances, show_event, starts_at
from infra.local.google.calendar.listing import Shape, answer_list
from infra.local.google.call import Call, Reply
from infra.local.google.clock import parse_rfc3339, rfc3339
from infra.local.google.errors import GoogleError
from infra.local.google.shape import Json
from infra.local.google.watching import opened

ROOT = "https://www.googleapis.com/calendar/v3"
NOT_WITH_SYNC = frozenset(
    {
        "iCalUID",
        "orderBy",
        "privateExtendedProperty",
        "q",
        "sharedExtendedProperty",
        "timeMin",
        "timeMax",
        "updatedMin",
    }
)
NO_TOKEN = NOT_WITH_SYNC - {"timeMin", "timeMax"}
OLDEST_UPDATED_MIN = 28 * 86_400.0


def found(call: Call, *, least: str = "reader") -> Calendar:
    """Find the calendar of a call; one that the account may not see does not exist."""
    name, state = call.path["calendarId"], call.world.calendar
    own = name in {"primary", call.account}
    calendar = state.primary(call.account) if own else state.calendar(name)
    role = calendar.role(call.account)
    if role == "none":
        raise GoogleError("notFound")
    if least == "owner" and role != "owner":
        raise GoogleError("forbidden")
    return calendar


def list_events(call: Call) -> Json:
    """Answer calendar.events.list."""
    calendar, now = found(call), call.world.clock.now()
    shape = Shape(
        kind="calendar#events",
        show=lambda item: _shown(call, calendar, item),
        full=lambda item: _wanted(call, item),
        page=(250, 2500),
        extra={
            "summary": calendar.summary,
            "updated": rfc3339(now),
            "timeZone": "UTC",
            "accessRole": calendar.role(call.account),
            "defaultReminders": [],
        },
        not_with_sync=NOT_WITH_SYNC,
        no_token_with=NO_TOKEN,
    )
    oldest = call.text("updatedMin")
    if oldest and _time(oldest).timestamp() < now - OLDEST_UPDATED_MIN:
        raise GoogleError("updatedMinTooLongAgo", parameter="updatedMin")
    return answer_list(call, calendar.events, shape)


def get_event(call: Call) -> Json:
    """Answer calendar.events.get; a cancelled event is still found."""
    calendar = found(call)
    item = call.world.calendar.event(calendar.id, call.path["eventId"])
    return show_event(item, calendar.id)


def list_instances(call: Call) -> Json:
    """Answer calendar.events.instances, all in one page."""
    calendar = found(call)
    item = call.world.calendar.event(calendar.id, call.path["eventId"])
    shown = list(instances(item, calendar.id, set(calendar.events.items)))
    for each in calendar.events.items.values():
        cancelled = each.deleted and not call.flag("showDeleted")
        if each.fields.get("recurringEventId") == item.id and not cancelled:
            shown.append(show_event(each, calendar.id))
    return {"kind": "calendar#events", "summary": calendar.summary, "items": shown}


def watch_events(call: Call) -> Reply:
    """Answer calendar.events.watch."""
    calendar = found(call)
    if not calendar.watchable:
        raise GoogleError("pushNotSupportedForRequestedResource")
    uri = f"{ROOT}/calendars/{quote(calendar.id, safe='')}/events?alt=json"
    return opened(call, resource=f"calendar events {call.account} {calendar.id}", uri=uri)


def _shown(call: Call, calendar: Calendar, item: Item) -> list[Json]:
    if call.flag("singleEvents") and "recurrence" in item.fields and not item.deleted:
        return list(instances(item, calendar.id, set(calendar.events.items)))
    return [show_event(item, calendar.id)]


def _wanted(call: Call, item: Item) -> bool:
    """Tell whether a full list has an item."""
    # Cancelled instances are listed unless single events are asked for.
    instance = "recurringEventId" in item.fields and not call.flag("singleEvents")
    if item.deleted and not call.flag("showDeleted") and not instance:
        return False
    after, before, since = call.text("timeMin"), call.text("timeMax"), call.text("updatedMin")
    recurring = "recurrence" in item.fields
    start = starts_at(item.fields)
    return (
        (not after or recurring or start >= _time(after))
        and (not before or start < _time(before))
        and (not since or item.updated >= _time(since).timestamp())
        and call.text("q").lower() in str(item.fields.get("summary", "")).lower()
        and call.text("iCalUID") in {"", f"{item.id}@google.com"}
    )


def _time(text: str) -> datetime:
    try:
        return datetime.fromtimestamp(parse_rfc3339(text), UTC)
    except ValueError as error:
        raise GoogleError("badRequest") from error
