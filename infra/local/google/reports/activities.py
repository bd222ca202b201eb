"""Reports' activities: list and watch.

https://developers.google.com/workspace/admin/reports/reference/rest/v1/activities/list
"""

import operator
import re
from urllib.parse import urlencode

from infra.local.google.call import Call, Reply
from infra.local.google.clock import parse_rfc3339
from infra.local.google.errors import GoogleError
from infra.local.google.reports.activity import Activity
from infra.local.google.shape import Json
from infra.local.google.watching import opened

ROOT = "https://admin.googleapis.com/admin/reports/v1/activity"
_FILTER = re.compile(r"([^<>=,]+)(==|<>|<=|>=|<|>)([^,]*)")
_SIGNS = {
    "==": operator.eq,
    "<>": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


def list_activities(call: Call) -> Json:
    """Answer reports.activities.list: newest first; without activities no key `items`."""
    _allowed(call)
    size, after = call.size("maxResults", 1000, 1000), _after(call)
    start, end = _time(call, "startTime"), _time(call, "endTime")
    now = call.world.clock.now()
    if start is not None and start > now:
        raise GoogleError("invalid", "Start time can not be in the future.")
    left = [
        each
        for each in call.world.reports.activities.get(call.path["applicationName"], ())
        if each.key > after
        and (start is None or each.at >= start)
        and (end is None or each.at <= end)
        and each.visible_at <= now
        and _matches(call, each)
    ]
    answer: Json = {"kind": "admin#reports#activities", "etag": '"simulated/list"'}
    if left:
        answer["items"] = [each.resource(call.text("eventName")) for each in left[:size]]
    if len(left) > size:
        answer["nextPageToken"] = "A:{}:{}".format(*left[size - 1].key)
    return answer


def watch_activities(call: Call) -> Reply:
    """Answer reports.activities.watch."""
    _allowed(call)
    user, application = call.path["userKey"], call.path["applicationName"]
    names = ("eventName", "filters", "actorIpAddress", "customerId")
    asked = {key: call.text(key) for key in names if call.text(key)}
    query = urlencode({**asked, "alt": "json"})
    uri = f"{ROOT}/users/{user}/applications/{application}?{query}"
    resource = f"reports {application} {user.lower()}"
    return opened(call, resource=resource, uri=uri, event=call.text("eventName"))


def _allowed(call: Call) -> None:
    if not call.world.directory.allows(call.account):
        text = "Caller does not have access to the customers reporting data."
        raise GoogleError("forbidden", text, status=401)


def _matches(call: Call, activity: Activity) -> bool:
    user, event = call.path["userKey"].lower(), call.text("eventName")
    return (
        user in {"all", activity.actor, activity.profile_id}
        and (not event or any(each["name"] == event for each in activity.events))
        and call.text("actorIpAddress") in {"", activity.address}
        and all(
            _passes(activity, name.strip(), sign, value)
            for name, sign, value in _FILTER.findall(call.text("filters"))
        )
    )


def _passes(activity: Activity, name: str, sign: str, value: str) -> bool:
    for event in activity.events:
        for each in event["parameters"]:
            if each["name"] == name:
                found = each.get("value", each.get("intValue", each.get("boolValue")))
                return bool(_SIGNS[sign](str(found).lower(), value.lower()))
    return False


def _time(call: Call, name: str) -> float | None:
    text = call.text(name)
    if not text:
        return None
    try:
        return parse_rfc3339(text)
    except ValueError as error:
        raise GoogleError("invalid", f"Invalid value for {name}.", parameter=name) from error


def _after(call: Call) -> tuple[float, int]:
    token = call.text("pageToken")
    if not token:
        return float("-inf"), 0
    try:
        _, at, unique = token.split(":")
        return float(at), int(unique)
    except ValueError as error:
        raise GoogleError("invalid", "Invalid page token.", parameter="pageToken") from error
