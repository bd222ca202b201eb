"""Names of secrets: which are valid, and what the one with an account's OAuth token is called."""

from __future__ import annotations

import base64
import re

SIGNING_KEYS = "signing-keys"
_OAUTH = "oauth-"

# https://cloud.google.com/secret-manager/docs/reference/rest/v1/projects.secrets/create
_NAME = re.compile(r"[A-Za-z0-9_-]{1,255}", re.ASCII)


def is_secret_name(text: str) -> bool:
    """Tell whether Secret Manager would take this name; it has no room for tricks with paths."""
    return _NAME.fullmatch(text) is not None


def oauth_secret(subject: str) -> str:
    """Name the secret with this account's OAuth token: its address in base32, without padding."""
    encoded = base64.b32encode(subject.lower().encode()).decode().rstrip("=")
    return _OAUTH + encoded


def is_reserved(name: str) -> bool:
    """Tell whether a secret belongs to Watchkeeper itself, so that no handler may name it."""
    return name == SIGNING_KEYS or name.startswith(_OAUTH)
