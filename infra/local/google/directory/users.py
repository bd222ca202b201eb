"""Directory's users and aliases: list, get, watch.

https://developers.google.com/workspace/admin/directory/reference/rest/v1/users
"""

import base64
from urllib.parse import urlencode

from infra.local.google.call import Call, Reply
from infra.local.google.directory.state import alias_body
from infra.local.google.directory.user import CUSTOMER, Profile
from infra.local.google.errors import GoogleError
from infra.local.google.shape import Json
from infra.local.google.watching import opened

ROOT = "https://admin.googleapis.com/admin/directory/v1"
EVENTS = {"", "add", "delete", "makeAdmin", "undelete", "update"}


def list_users(call: Call) -> Json:
    """Answer directory.users.list; without users the answer has no key `users`."""
    scope, size = _scope(call), call.size("maxResults", 100, 500)
    after, now = _after(call), call.world.clock.now()
    wanted_deleted = call.flag("showDeleted")
    found = []
    for user in call.world.directory.users.values():
        profile = user.profile.seen(now)
        if profile is None or (profile.deleted_at is not None) != wanted_deleted:
            continue
        if _within(profile, scope) and _matches(profile, call.text("query")):
            found.append((profile.email, user.id))
    found.sort()
    left = [each for each in found if each > after]
    answer: Json = {"kind": "admin#directory#users", "etag": '"simulated/list"'}
    if left:
        answer["users"] = [_listed(call, user_id) for _, user_id in left[:size]]
    if len(left) > size:
        token = "\n".join(left[size - 1]).encode()
        answer["nextPageToken"] = base64.urlsafe_b64encode(token).decode()
    return answer


def get_user(call: Call) -> Json:
    """Answer directory.users.get."""
    _allowed(call)
    user = call.world.directory.user(call.path["userKey"])
    return user.show(user.profile.now())


def watch_users(call: Call) -> Reply:
    """Answer directory.users.watch."""
    scope, event = _scope(call), _event(call)
    asked = {key: call.text(key) for key in ("customer", "domain", "event") if call.text(key)}
    uri = f"{ROOT}/users?{urlencode({**asked, 'alt': 'json'})}"
    return opened(call, resource=f"directory users {scope}", uri=uri, event=event)


def list_aliases(call: Call) -> Json:
    """Answer directory.users.aliases.list; without aliases the answer has no key `aliases`."""
    _allowed(call)
    user = call.world.directory.user(call.path["userKey"])
    profile = user.profile.seen(call.world.clock.now()) or user.profile.now()
    answer: Json = {"kind": "admin#directory#aliases", "etag": profile.etag}
    if profile.aliases:
        answer["aliases"] = [alias_body(user, each, profile.etag) for each in profile.aliases]
    return answer


def watch_aliases(call: Call) -> Reply:
    """Answer directory.users.aliases.watch."""
    _allowed(call)
    user, event = call.world.directory.user(call.path["userKey"]), _event(call)
    uri = f"{ROOT}/users/{call.path['userKey']}/aliases?alt=json"
    return opened(call, resource=f"directory aliases {user.id}", uri=uri, event=event)


def _listed(call: Call, user_id: str) -> Json:
    user = call.world.directory.users[user_id]
    return user.show(user.profile.seen(call.world.clock.now()) or user.profile.now())


def _allowed(call: Call) -> None:
    if not call.world.directory.allows(call.account):
        raise GoogleError("forbidden", "Not Authorized to access this resource/api")


def _event(call: Call) -> str:
    event = call.text("event")
    if event not in EVENTS:
        raise GoogleError("invalid", f"Invalid event: {event}", parameter="event")
    return event


def _scope(call: Call) -> str:
    _allowed(call)
    if domain := call.text("domain").lower():
        users = call.world.directory.users.values()
        if not any(each.profile.now().email.endswith(f"@{domain}") for each in users):
            raise GoogleError("notFound", "Domain not found.")
        return f"domain {domain}"
    customer = call.text("customer")
    if customer not in {"my_customer", CUSTOMER}:
        raise GoogleError("badRequest")
    return f"customer {CUSTOMER}"


def _within(profile: Profile, scope: str) -> bool:
    kind, _, name = scope.partition(" ")
    return kind == "customer" or profile.email.endswith(f"@{name}")


def _matches(profile: Profile, query: str) -> bool:
    for term in query.split():
        sign = "=" if "=" in term else ":"
        name, _, value = term.partition(sign)
        match name:
            case "isSuspended" | "isArchived" | "isAdmin":
                field = {"isSuspended": "suspended", "isArchived": "archived"}.get(name, name)
                if bool(profile.fields.get(field)) != (value.lower() == "true"):
                    return False
            case "email":
                if not profile.email.startswith(value.lower().removesuffix("*")):
                    return False
            case _:
                raise GoogleError("invalid", "Invalid Input: query", parameter="query")
    return True


def _after(call: Call) -> tuple[str, str]:
    try:
        text = base64.urlsafe_b64decode(call.text("pageToken")).decode()
    except ValueError as error:
        raise GoogleError("invalid", "Invalid Input: pageToken") from error
    email, _, user_id = text.partition("\n")
    return email, user_id
