"""What may be asked of Google in the body of a `watch` call, and how long a life is granted.

https://developers.google.com/workspace/drive/api/guides/push#make-watch-requests
"""

import re
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

from infra.local.google.errors import GoogleError
from infra.local.google.shape import Json

ID = re.compile(r"[A-Za-z0-9\-_+/=]{1,64}")
LONGEST_TOKEN = 256
HOUR, DAY = 3600.0, 86400.0
# method: (life if none is asked, longest life)
LIVES = {
    "drive.changes.watch": (HOUR, 7 * DAY),
    "drive.files.watch": (HOUR, DAY),
    "directory.users.watch": (2 * HOUR, 6 * HOUR),
    "directory.users.aliases.watch": (2 * HOUR, 6 * HOUR),
    "reports.activities.watch": (6 * HOUR, 6 * HOUR),
}
CALENDAR_LIFE = (7 * DAY, 7 * DAY)


@dataclass(slots=True, frozen=True, kw_only=True)
class Ask:
    """A valid request for a channel."""

    id: str
    address: str
    token: str | None
    expiration: float  # granted, in seconds since 1970
    params: dict[str, str]
    payload: bool


def read_ask(body: Json, *, method: str, now: float, max_life: float | None) -> Ask:
    """Check a `watch` body as Google does; GoogleError says what is wrong with it."""
    if not body:
        raise GoogleError("required", "entity.resource")
    token = body.get("token")
    if token is not None and (not isinstance(token, str) or len(token) > LONGEST_TOKEN):
        raise GoogleError("invalid", "Invalid channel token: at most 256 characters")
    if body.get("type") not in {"web_hook", "webhook"}:
        raise GoogleError("channelUnknown", f"Unknown channel type {body.get('type')!r}")
    return Ask(
        id=_id(body.get("id")),
        address=_address(body.get("address")),
        token=token,
        expiration=_expiration(body, method, now, max_life),
        params=body.get("params") or {},
        payload=bool(body.get("payload", False)),
    )


def _id(value: Any) -> str:
    if not value:
        raise GoogleError("required", "Required parameter: resource.id")
    if not isinstance(value, str) or not ID.fullmatch(value):
        text = r"Invalid channel id: at most 64 characters that match [A-Za-z0-9\-_\+/=]+"
        raise GoogleError("invalid", text)
    return value


def _address(value: Any) -> str:
    if not value or not isinstance(value, str):
        raise GoogleError("push.webhookUrlNoHostOrAddress")
    try:
        parts = urlsplit(value)
        host = parts.hostname
    except ValueError:
        host = None
    if not host:
        raise GoogleError(
            "push.webhookUrlNoHostOrAddress", f"WebHook callback has no host: {value}"
        )
    # Google itself takes https only; a receiver on this machine is what the simulation adds.
    if parts.scheme == "https" or (parts.scheme == "http" and _loopback(host)):
        return value
    raise GoogleError("push.webhookUrlNotHttps", f"WebHook callback must be HTTPS: {value}")


def _loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _expiration(body: Json, method: str, now: float, max_life: float | None) -> float:
    default, longest = LIVES.get(method, CALENDAR_LIFE)
    life = default
    if ttl := _whole((body.get("params") or {}).get("ttl")):
        life = ttl
    if asked := _whole(body.get("expiration")):
        life = asked / 1000 - now
        if life <= 0:
            text = f"Invalid ttl value for channel {round(life)}"
            raise GoogleError("pushInvalidTtl", text)
    granted = min(life, longest, max_life or longest)
    return round((now + granted) * 1000) / 1000


def _whole(value: Any) -> int:
    if value is None:
        return 0
    # The schema is int64 as a string; whether Google takes a float is unknown, so it does not here.
    text = str(value) if isinstance(value, str | int) and not isinstance(value, bool) else ""
    if not re.fullmatch(r"-?[0-9]{1,19}", text):
        raise GoogleError("invalid", f"Invalid value for: {value!r} is not a valid int64")
    return int(text)
