"""Calendar's calendars, calendar lists, access rules and settings: list, get, watch.

https://developers.google.com/workspace/calendar/api/v3/reference
"""

from urllib.parse import quote

from infra.local.google.calendar.collection import Collection, Item
from infra.local.google.calendar.events import ROOT, found
from infra.local.google.calendar.listing import Shape, answer_list
from infra.local.google.call import Call, Reply
from infra.local.google.errors import GoogleError
from infra.local.google.shape import Json
from infra.local.google.watching import opened


def get_calendar(call: Call) -> Json:
    """Answer calendar.calendars.get."""
    return found(call).resource()


def list_calendars(call: Call) -> Json:
    """Answer calendar.calendarList.list."""
    roles = {"minAccessRole", "showOwnOrganizationOnly"}
    shape = Shape(
        kind="calendar#calendarList",
        show=lambda item: [_entry(call, item)],
        full=lambda item: _listed(call, item),
        not_with_sync=frozenset(roles),
        no_token_with=frozenset(roles),
    )
    return answer_list(call, call.world.calendar.list_of(call.account), shape)


def get_entry(call: Call) -> Json:
    """Answer calendar.calendarList.get."""
    name = call.path["calendarId"]
    name = call.account if name == "primary" else name
    return _entry(call, _found(call.world.calendar.list_of(call.account), name))


def watch_calendars(call: Call) -> Reply:
    """Answer calendar.calendarList.watch."""
    call.world.calendar.list_of(call.account)
    uri = f"{ROOT}/users/me/calendarList?alt=json"
    return opened(call, resource=f"calendar list {call.account}", uri=uri)


def list_rules(call: Call) -> Json:
    """Answer calendar.acl.list, for owners only."""
    calendar = found(call, least="owner")
    shape = Shape(
        kind="calendar#acl",
        show=lambda item: [_rule(item)],
        full=lambda item: not item.deleted or call.flag("showDeleted"),
    )
    return answer_list(call, calendar.rules, shape)


def get_rule(call: Call) -> Json:
    """Answer calendar.acl.get."""
    return _rule(_found(found(call, least="owner").rules, call.path["ruleId"]))


def watch_rules(call: Call) -> Reply:
    """Answer calendar.acl.watch, for owners only."""
    calendar = found(call, least="owner")
    uri = f"{ROOT}/calendars/{quote(calendar.id, safe='')}/acl?alt=json"
    return opened(call, resource=f"calendar acl {call.account} {calendar.id}", uri=uri)


def list_settings(call: Call) -> Json:
    """Answer calendar.settings.list."""
    shape = Shape(kind="calendar#settings", show=lambda item: [_setting(item)])
    return answer_list(call, call.world.calendar.settings_of(call.account), shape)


def get_setting(call: Call) -> Json:
    """Answer calendar.settings.get."""
    settings = call.world.calendar.settings_of(call.account)
    return _setting(_found(settings, call.path["setting"]))


def watch_settings(call: Call) -> Reply:
    """Answer calendar.settings.watch."""
    call.world.calendar.settings_of(call.account)
    uri = f"{ROOT}/users/me/settings?alt=json"
    return opened(call, resource=f"calendar settings {call.account}", uri=uri)


def _found(collection: Collection, item_id: str) -> Item:
    item = collection.items.get(item_id)
    if item is None or item.deleted:
        raise GoogleError("notFound")
    return item


def _listed(call: Call, item: Item) -> bool:
    hidden = item.fields.get("hidden") and not call.flag("showHidden")
    return not hidden and (not item.deleted or call.flag("showDeleted"))


def _entry(call: Call, item: Item) -> Json:
    known = {"kind": "calendar#calendarListEntry", "etag": item.etag, "id": item.id}
    if item.deleted:
        return {**known, "deleted": True}
    calendar = call.world.calendar.calendar(item.id)
    fields = {key: value for key, value in item.fields.items() if value is not False}
    return {
        **known,
        "summary": calendar.summary,
        "timeZone": "UTC",
        "colorId": "14",
        "accessRole": calendar.role(call.account),
        "defaultReminders": [],
        **fields,
    }


def _rule(item: Item) -> Json:
    fields = item.fields | ({"role": "none"} if item.deleted else {})
    return {"kind": "calendar#aclRule", "etag": item.etag, "id": item.id, **fields}


def _setting(item: Item) -> Json:
    return {"kind": "calendar#setting", "etag": item.etag, "id": item.id, **item.fields}
