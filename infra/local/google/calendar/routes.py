"""The methods of Calendar v3 that are simulated, by the paths of its discovery document."""

from infra.local.google.calendar import edits, events, lists
from infra.local.google.call import Route
from infra.local.google.watching import stopper

_API = "/calendar/v3"
_EVENTS = f"{_API}/calendars/<calendarId>/events"
_RULES = f"{_API}/calendars/<calendarId>/acl"
_ME = f"{_API}/users/me"

ROUTES = (
    Route("GET", _EVENTS, "calendar.events.list", events.list_events),
    Route("POST", _EVENTS, "calendar.events.insert", edits.insert_event),
    Route("POST", f"{_EVENTS}/watch", "calendar.events.watch", events.watch_events),
    Route("GET", f"{_EVENTS}/<eventId>", "calendar.events.get", events.get_event),
    Route("PATCH", f"{_EVENTS}/<eventId>", "calendar.events.patch", edits.patch_event),
    Route("PUT", f"{_EVENTS}/<eventId>", "calendar.events.update", edits.patch_event),
    Route("DELETE", f"{_EVENTS}/<eventId>", "calendar.events.delete", edits.delete_event),
    Route(
        "GET", f"{_EVENTS}/<eventId>/instances", "calendar.events.instances", events.list_instances
    ),
    Route("GET", f"{_API}/calendars/<calendarId>", "calendar.calendars.get", lists.get_calendar),
    Route("GET", f"{_ME}/calendarList", "calendar.calendarList.list", lists.list_calendars),
    Route(
        "POST", f"{_ME}/calendarList/watch", "calendar.calendarList.watch", lists.watch_calendars
    ),
    Route("GET", f"{_ME}/calendarList/<calendarId>", "calendar.calendarList.get", lists.get_entry),
    Route("GET", _RULES, "calendar.acl.list", lists.list_rules),
    Route("GET", f"{_RULES}/<ruleId>", "calendar.acl.get", lists.get_rule),
    Route("POST", f"{_RULES}/watch", "calendar.acl.watch", lists.watch_rules),
    Route("GET", f"{_ME}/settings", "calendar.settings.list", lists.list_settings),
    Route("POST", f"{_ME}/settings/watch", "calendar.settings.watch", lists.watch_settings),
    Route("GET", f"{_ME}/settings/<setting>", "calendar.settings.get", lists.get_setting),
    Route("POST", f"{_API}/channels/stop", "calendar.channels.stop", stopper("calendar")),
)
