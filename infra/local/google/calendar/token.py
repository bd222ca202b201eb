"""Sync tokens and page tokens: opaque to callers, readable to us."""

import base64
import hashlib
import json
from collections.abc import Mapping

from infra.local.google.call import Call
from infra.local.google.errors import GoogleError
from infra.local.google.shape import Json

# Parameters that may differ from page to page and from sync to sync.
FREE = frozenset(
    {"pageToken", "maxResults", "fields", "alt", "prettyPrint", "quotaUser", "key", "syncToken"}
)


def seal(content: Mapping[str, object]) -> str:
    """Write a token."""
    text = json.dumps(content, separators=(",", ":"), sort_keys=True)
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def unseal(token: str, parameter: str) -> Json:
    """Read a token; GoogleError if it was never ours."""
    try:
        content = json.loads(base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)))
    except ValueError as error:
        text = f"Invalid {parameter} value."
        raise GoogleError("invalid", text, parameter=parameter) from error
    if not isinstance(content, dict):
        raise GoogleError("invalid", f"Invalid {parameter} value.", parameter=parameter)
    return content


def fingerprint(call: Call, *, but: frozenset[str] = frozenset()) -> str:
    """Sum up the parameters that must stay the same from call to call."""
    # `showDeleted=true` is what a sync does anyway.
    asked = {key: value for key, value in call.query.items() if key not in FREE | but}
    text = json.dumps(asked, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:12]
