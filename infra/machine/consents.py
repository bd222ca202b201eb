"""Stored consents of people: asked for in a browser, kept as secrets, checked, and given back.

https://developers.google.com/identity/protocols/oauth2/native-app
"""

from __future__ import annotations

import base64
import binascii
import json
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import requests

from functions.domain.errors import Misconfigured, Refused, Unavailable
from functions.domain.model import Verdict
from infra.machine.installation import Installation
from infra.secret_names import is_secret_name, oauth_secret

PREFIX = oauth_secret("")
WHO = ("openid", "https://www.googleapis.com/auth/userinfo.email")
TIMEOUT = 15
TESTING = timedelta(days=8)
_LOOPBACK = {"127.0.0.1", "localhost", "::1"}

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Consent:
    """What is stored of a consent; the token is in it, and is never shown."""

    subject: str
    fields: Mapping[str, Any]

    @property
    def scopes(self) -> tuple[str, ...]:
        """What was consented to."""
        return tuple(self.fields.get("scopes") or ())

    def missing(self, wanted: Sequence[str]) -> list[str]:
        """Give the scopes that watches need and that were not consented to."""
        return [scope for scope in wanted if scope not in self.scopes]


def read_client(path: Path) -> Mapping[str, Any]:
    """Read the OAuth client that was downloaded from the console.

    Raises:
        Misconfigured: it is none of an installed application; the text says where to get one.
    """
    step = (
        "make an OAuth client of type `Desktop app` at "
        "https://console.cloud.google.com/apis/credentials, download its JSON, "
        "and name it with --client"
    )
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        client = found["installed"]
        urls = (client["auth_uri"], client["token_uri"])
        known = bool(client["client_id"]) and isinstance(client["client_secret"], str)
    except FileNotFoundError:
        raise Misconfigured(f"there is no file {path}: {step}") from None
    except (OSError, ValueError, KeyError, TypeError):
        raise Misconfigured(f"{path} is no OAuth client of a desktop app: {step}") from None
    for url in urls:
        parts = urlsplit(url)
        if not known or (parts.scheme != "https" and parts.hostname not in _LOOPBACK):
            raise Misconfigured(f"{path}: {url} is not https: {step}")
    return dict(found)


def ask(
    client: Mapping[str, Any],
    subject: str,
    scopes: Sequence[str],
    *,
    port: int,
    say: Say,
    browser: bool,
    patience: timedelta,
    now: datetime,
) -> Consent:
    """Lead a person through the browser and give the consent; the code proves itself by PKCE.

    Raises:
        Refused: it was not given, or by somebody else; the text says what to do.
        Unavailable: nobody answered in time, or Google did not.
    """
    from google_auth_oauthlib.flow import (  # type: ignore[import-untyped]
        InstalledAppFlow,
        WSGITimeoutError,
    )
    from oauthlib.oauth2 import (  # type: ignore[import-untyped]
        MismatchingStateError,
        OAuth2Error,
    )

    token_uri = client["installed"]["token_uri"]
    if urlsplit(token_uri).scheme == "http":  # loopback, see read_client: a server of tests
        os.environ["OAUTHLIB_INSECURE_TRANSPORT"] = "1"
    # People may untick scopes: what is missing is said by us, not raised by the library.
    os.environ["OAUTHLIB_RELAX_TOKEN_SCOPE"] = "1"  # noqa: S105 - a setting
    flow = InstalledAppFlow.from_client_config(client, [*WHO, *scopes])
    # Client id and secret in the body, as Google documents it, not in a header.
    flow.fetch_token = partial(flow.fetch_token, include_client_id=True)
    say(f"Consent as {subject} in the browser.")
    try:
        flow.run_local_server(
            host="127.0.0.1",
            port=port,
            open_browser=browser,
            authorization_prompt_message="Open this address if no browser does:\n{url}",
            success_message="Done. This window may be closed.",
            timeout_seconds=int(patience.total_seconds()) or 1,
            access_type="offline",
            prompt="consent",
            login_hint=subject,
        )
    except MismatchingStateError:
        text = "the answer was not of our question (state differs): somebody else's page? Try again"
        raise Refused(text, Verdict.UNAUTHORIZED) from None
    except OAuth2Error as refused:
        raise Refused(_words(str(refused.error), None), Verdict.UNAUTHORIZED) from None
    except WSGITimeoutError:
        raise Unavailable("nobody consented in time: run `auth login` again") from None
    except (OSError, requests.RequestException) as failure:
        raise Unavailable(f"no consent: {type(failure).__name__}: {failure}") from None
    return _consent(flow, client["installed"], subject, now)


def _consent(flow: Any, client: Mapping[str, Any], subject: str, now: datetime) -> Consent:
    from google.auth import jwt

    token = flow.oauth2session.token
    # It comes from the token endpoint itself, so its signature says nothing more.
    claims = jwt.decode(token.get("id_token", ""), verify=False)  # type: ignore[no-untyped-call]
    email = str(claims.get("email", "")).lower()
    if email != subject.lower():
        text = f"{email or 'nobody'} consented, not {subject}: choose that account in the browser"
        raise Refused(text, Verdict.UNAUTHORIZED)
    if not token.get("refresh_token"):
        raise Refused(
            "Google gave no refresh token: remove the app at "
            "https://myaccount.google.com/connections and try again",
            Verdict.UNAUTHORIZED,
        )
    granted = token.get("scope") or ""
    scopes = granted.split() if isinstance(granted, str) else list(granted)
    fields = {
        "client_id": client["client_id"],
        "client_secret": client["client_secret"],
        "refresh_token": token["refresh_token"],
        "token_uri": client["token_uri"],
        "scopes": [scope for scope in scopes if scope not in WHO],
        "stored_at": now.isoformat(),
        "expires_in": token.get("refresh_token_expires_in"),
    }
    return Consent(subject=subject.lower(), fields=fields)


def store(at: Installation, consent: Consent) -> str:
    """Keep a consent; give the name of its secret."""
    name = oauth_secret(consent.subject)
    if not is_secret_name(name):
        raise Misconfigured(f"{consent.subject} is too long for the name of a secret")
    text = json.dumps(dict(consent.fields), separators=(",", ":"))
    if at.site.project is not None:
        from infra.cloud.secret_writing import add_version

        add_version(at.site.project, name, text)
        return name
    from infra.local.private_files import make_folder, replace_private

    make_folder(at.site.place.folder)
    replace_private(at.site.place.folder / name, text)
    return name


def stored(at: Installation) -> list[str]:
    """Give the subjects with a stored consent."""
    if at.site.project is not None:
        from infra.cloud.secret_writing import list_secrets

        names = list_secrets(at.site.project)
    else:
        folder = at.site.place.folder
        names = [one.name for one in folder.iterdir()] if folder.is_dir() else []
    found = (_subject(name) for name in names if name.startswith(PREFIX))
    return sorted(filter(None, found))


def read(at: Installation, subject: str) -> Consent | None:
    """Give the stored consent of a subject."""
    name = oauth_secret(subject)
    text = at.secrets.read(name) if is_secret_name(name) else None
    if text is None:
        return None
    try:
        fields = json.loads(text)
    except ValueError:
        fields = None
    if not isinstance(fields, dict):
        raise Misconfigured(f"the secret {name} is no consent: auth login {subject}")
    return Consent(subject=subject.lower(), fields=fields)


def refresh(consent: Consent, *, now: datetime) -> tuple[str, ...]:
    """Get an access token by a consent; give the scopes that it has.

    Raises:
        Refused: the consent is void; the text says why that may be, and what to do.
        Unavailable: not now.
    """
    fields = consent.fields
    answer = _post(
        str(fields.get("token_uri") or "https://oauth2.googleapis.com/token"),
        {name: fields.get(name) for name in ("client_id", "client_secret", "refresh_token")}
        | {"grant_type": "refresh_token"},
    )
    found = answer.json() if answer.content else {}
    if answer.ok and isinstance(found, dict) and found.get("access_token"):
        scopes = str(found.get("scope") or " ".join(consent.scopes)).split()
        return tuple(scope for scope in scopes if scope not in WHO)
    error = found.get("error") if isinstance(found, dict) else None
    if answer.status_code >= 500 or not isinstance(error, str):  # noqa: PLR2004 - server errors
        raise Unavailable(f"the token endpoint answers {answer.status_code}: try again")
    raise Refused(_words(error, _age(consent, now)), Verdict.UNAUTHORIZED)


def revoke(at: Installation, consent: Consent) -> bool:
    """Give a consent back to Google and forget it; False if Google knew it no longer."""
    token_uri = str(consent.fields.get("token_uri") or "https://oauth2.googleapis.com/token")
    url = f"{token_uri.removesuffix('/token')}/revoke"
    answer = _post(url, {"token": consent.fields.get("refresh_token")})
    if answer.status_code >= 500:  # noqa: PLR2004 - server errors
        raise Unavailable(f"it was not revoked: {url} answers {answer.status_code}; it is kept")
    name = oauth_secret(consent.subject)
    if at.site.project is not None:
        from infra.cloud.secret_writing import delete_secret

        delete_secret(at.site.project, name)
    else:
        (at.site.place.folder / name).unlink(missing_ok=True)
    return answer.ok


def _post(url: str, fields: Mapping[str, Any]) -> requests.Response:
    try:
        return requests.post(url, data=fields, timeout=TIMEOUT, allow_redirects=False)
    except requests.RequestException as failure:
        raise Unavailable(f"{urlsplit(url).hostname}: {type(failure).__name__}") from None


def _age(consent: Consent, now: datetime) -> timedelta | None:
    try:
        return now - datetime.fromisoformat(str(consent.fields.get("stored_at")))
    except (ValueError, TypeError):
        return None


def _words(error: str, age: timedelta | None) -> str:
    if error == "invalid_grant" and age is not None and timedelta(days=6) < age < TESTING:
        return (
            f"invalid_grant after {age.days} days: tokens of an app in `Testing` die in 7 days. "
            "Publish it (Google Auth Platform, Audience), then auth login again"
        )
    known = {
        "invalid_grant": "invalid_grant: the consent has ended: taken back, password changed, "
        "unused for 6 months, or the app in `Testing` (7 days). auth login again",
        "invalid_client": "invalid_client: the OAuth client is gone or its secret has changed: "
        "download it again, then auth login",
        "access_denied": "access_denied: the consent was not given, or an administrator forbids "
        "the app (https://admin.google.com/ac/owl)",
        "invalid_scope": "invalid_scope: Google does not know one of the scopes",
    }
    return known.get(error, f"{error[:60]}: auth login again")


def _subject(name: str) -> str:
    text = name.removeprefix(PREFIX)
    try:
        return base64.b32decode(text + "=" * (-len(text) % 8)).decode()
    except (binascii.Error, ValueError):
        return ""
