"""Calendar's control endpoints: what people do to calendars, lists, rules and settings.

| endpoint | body | does |
|---|---|---|
| `POST /sim/calendar/calendars` | `account`, `summary`, `id`, `watchable` | a calendar |
| `POST /sim/calendar/calendars/{id}/remove` | | deletes it |
| `POST /sim/calendar/calendars/{id}/events` | fields of an event, `id`, `count` | one or many |
| `POST .../events/{event}/update` | fields | changes it |
| `POST .../events/{event}/cancel` | `bare` | deletes it; `bare`: only its id is told then |
| `POST .../events/{event}/instance` | `start`, `cancelled`, fields | makes an exception |
| `POST /sim/calendar/calendars/{id}/rules` | `scope`, `role` | `none` takes the rule away |
| `POST /sim/calendar/lists/{account}` | `calendar`, `deleted`, fields | the list of calendars |
| `POST /sim/calendar/settings/{account}` | `id`, `value` | no value: it is gone |
| `POST /sim/calendar/tokens` | `list`, `life` | voids all sync tokens, or sets their life |

A `list` is named `events CALENDAR`, `acl CALENDAR`, `list ACCOUNT` or `settings ACCOUNT`. A
calendar's id may be `primary` with the `account` in the body.
"""

from infra.local.google.calendar.collection import Collection
from infra.local.google.calendar.event import show_event
from infra.local.google.call import Call, Route
from infra.local.google.errors import GoogleError
from infra.local.google.shape import Json


def _create(call: Call) -> Json:
    body = call.body
    calendar = call.world.calendar.create_calendar(
        _asked(call, "account"), summary=body.get("summary", "Team"), calendar_id=body.get("id")
    )
    calendar.watchable = body.get("watchable", True)
    return calendar.resource()


def _remove(call: Call) -> None:
    call.world.calendar.remove_calendar(_calendar(call))


def _put_events(call: Call) -> Json:
    state, fields, name = call.world.calendar, _fields(call), _calendar(call)
    event_id, count = fields.pop("id", None), fields.pop("count", None)
    at = {"dateTime": "2027-01-01T10:00:00Z"}
    fields = {"summary": "Meeting", "start": at, "end": at, **fields}
    if count is None:
        return show_event(state.put_event(name, event_id, **fields), name)
    return {"ids": [state.put_event(name, **fields).id for _ in range(count)]}


def _act(call: Call) -> Json:
    state, name, event = call.world.calendar, _calendar(call), call.path["event"]
    fields = _fields(call)
    state.event(name, event)
    match call.path["act"]:
        case "update":
            return show_event(state.put_event(name, event, **fields), name)
        case "cancel":
            bare = bool(fields.get("bare"))
            return show_event(state.cancel_event(name, event, bare=bare), name)
        case "instance":
            start, cancelled = fields.pop("start"), bool(fields.pop("cancelled", False))
            item = state.change_instance(name, event, start, cancelled=cancelled, **fields)
            return show_event(item, name)
    raise GoogleError("notFound")


def _rule(call: Call) -> Json:
    item = call.world.calendar.put_rule(
        _calendar(call), _asked(call, "scope"), _asked(call, "role")
    )
    return {"id": item.id, **item.fields}


def _list(call: Call) -> None:
    fields = dict(call.body)
    name, deleted = fields.pop("calendar"), fields.pop("deleted", False)
    if deleted:
        call.world.calendar.unsubscribe(call.path["account"], name)
    else:
        call.world.calendar.subscribe(call.path["account"], name, **fields)


def _setting(call: Call) -> None:
    value = call.body.get("value")
    call.world.calendar.put_setting(call.path["account"], _asked(call, "id"), value)


def _tokens(call: Call) -> None:
    collection = _collection(call, _asked(call, "list"))
    if "life" in call.body:
        collection.token_life = call.body["life"]
    else:
        collection.log.invalidate()


def _collection(call: Call, name: str) -> Collection:
    state, (kind, _, key) = call.world.calendar, name.partition(" ")
    if kind in {"events", "acl"}:
        calendar = state.calendar(key)
        return calendar.events if kind == "events" else calendar.rules
    return state.list_of(key) if kind == "list" else state.settings_of(key)


def _calendar(call: Call) -> str:
    name = call.path["id"]
    if name == "primary":
        name = _asked(call, "account").lower()
        call.world.calendar.primary(name)
    return call.world.calendar.calendar(name).id


def _fields(call: Call) -> Json:
    return {key: value for key, value in call.body.items() if key != "account"}


def _asked(call: Call, name: str) -> str:
    if not call.body.get(name):
        raise GoogleError("required", f"`{name}` is required")
    return str(call.body[name])


_CALENDAR = "/sim/calendar/calendars/<id>"
ROUTES = (
    Route("POST", "/sim/calendar/calendars", "sim.calendar.create", _create),
    Route("POST", f"{_CALENDAR}/remove", "sim.calendar.remove", _remove),
    Route("POST", f"{_CALENDAR}/events", "sim.calendar.events.put", _put_events),
    Route("POST", f"{_CALENDAR}/events/<event>/<act>", "sim.calendar.events.act", _act),
    Route("POST", f"{_CALENDAR}/rules", "sim.calendar.rules.put", _rule),
    Route("POST", "/sim/calendar/lists/<account>", "sim.calendar.lists.put", _list),
    Route("POST", "/sim/calendar/settings/<account>", "sim.calendar.settings.put", _setting),
    Route("POST", "/sim/calendar/tokens", "sim.calendar.tokens", _tokens),
)
