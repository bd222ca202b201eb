"""Credentials of a person's stored consent to be acted for: an OAuth refresh token.

The secret is a JSON object with the texts `client_id`, `client_secret`, `refresh_token` and, if
it is not Google's, `token_uri`. https://developers.google.com/identity/protocols/oauth2
"""

from __future__ import annotations

import json
from typing import Any

from google.auth.credentials import Credentials
from google.oauth2 import credentials as oauth2

from functions.domain.errors import Refused
from functions.domain.model import Verdict
from infra.secret_names import oauth_secret

_TOKEN_URI = "https://oauth2.googleapis.com/token"  # noqa: S105 - an address
_NEEDED = ("client_id", "client_secret", "refresh_token")


def consented(subject: str, secret: str) -> Credentials:
    """Make credentials of the secret; their scopes are those consented to.

    Raises:
        Refused: the secret is none of a consent; the text says what it has to be.
    """
    fields = _fields(secret)
    if not all(isinstance(fields.get(name), str) and fields[name] for name in _NEEDED):
        raise Refused(
            f"the secret {oauth_secret(subject)} of {subject} needs to be a JSON object with "
            f"the texts {', '.join(_NEEDED)}",
            Verdict.UNAUTHORIZED,
        )
    return oauth2.Credentials(  # type: ignore[no-untyped-call]
        None,
        **{name: fields[name] for name in _NEEDED},
        token_uri=str(fields.get("token_uri") or _TOKEN_URI),
    )


def _fields(secret: str) -> dict[str, Any]:
    try:
        fields = json.loads(secret)
    except (ValueError, RecursionError):
        return {}
    return fields if isinstance(fields, dict) else {}
