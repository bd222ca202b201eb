"""What gives tokens in tests: values, secrets in memory, adapters of one kind of credentials."""

from __future__ import annotations

import json
import traceback
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests
from google.auth.credentials import Credentials
from google.oauth2 import credentials as oauth2
from requests.adapters import HTTPAdapter

from functions.domain.errors import Trouble
from functions.sources.call import Call
from infra.cloud.credentials import AccountCredentials
from infra.cloud.google_api import GoogleApi
from infra.cloud.tokens import Tokens
from tests.clocks import HandClock
from tests.scripted import Reply, Script

ANA = "ana@example.com"
WORKSPACE = "workspace@ours.iam.gserviceaccount.com"
SCOPE = "https://www.googleapis.com/auth/drive.metadata.readonly"
OTHER_SCOPE = "https://www.googleapis.com/auth/calendar.readonly"
LIST = Call(
    api="drive", version="v3", method="changes.list", params={"pageToken": "7"}, scopes=(SCOPE,)
)
WATCH = Call(
    api="drive", version="v3", method="changes.watch", params={"pageToken": "7"}, scopes=(SCOPE,),
    body={"id": "c1"}, once=True,
)  # fmt: skip
CONSENT = {"client_id": "id", "client_secret": "CLIENT-SECRET", "refresh_token": "REFRESH-TOKEN"}
SECRETS = ("CLIENT-SECRET", "REFRESH-TOKEN", "SOURCE-TOKEN", "ACCESS-TOKEN", "SIGNED")


class Shelf:
    """The port `Secrets` in memory; counts its readings."""

    def __init__(self, values: Mapping[str, str]) -> None:
        self.values = dict(values)
        self.reads = 0

    def read(self, name: str) -> str | None:
        self.reads += 1
        return self.values.get(name)


class Redirected(HTTPAdapter):
    """Sends to a script what was meant for one of Google's hosts."""

    def __init__(self, url: str, **options: Any) -> None:
        super().__init__(**options)
        self._url = url

    def send(self, request: requests.PreparedRequest, *args: Any, **options: Any) -> Any:
        assert request.url is not None
        assert request.url.startswith("https://")
        request.url = self._url + request.url.removeprefix("https:/")
        return super().send(request, *args, **options)


def token(number: int = 1, **fields: Any) -> Reply:
    """Make an answer with an access token."""
    name = f"ACCESS-TOKEN-NUMBER-{number}"
    return Reply(body={"access_token": name, "expires_in": 3600, "token_type": "Bearer"} | fields)


def minted(number: int = 1) -> Reply:
    """Make IAM's answer with an access token."""
    ends = (datetime.now(UTC) + timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
    return Reply(body={"accessToken": f"ACCESS-TOKEN-NUMBER-{number}", "expireTime": ends})


SIGNED = Reply(body={"keyId": "k", "signedJwt": "SIGNED.JWT.SIGNED"})
UNAUTHENTICATED = Reply(
    status=401, body={"error": {"errors": [{"reason": "authError"}], "message": "Invalid"}}
)


def source() -> Credentials:
    """Make the credentials of this process."""
    return oauth2.Credentials("SOURCE-TOKEN")  # type: ignore[no-untyped-call]


class Setup:
    """An adapter with credentials of some kind."""

    def __init__(self, script: Script, tokens: Tokens) -> None:
        self._script = script
        self._tokens = tokens
        self.shelf = Shelf({})
        self.credentials = AccountCredentials(secrets=self.shelf, source=source)
        self._apis: list[GoogleApi] = []

    def use(self, secrets: Mapping[str, Any], **options: Any) -> GoogleApi:
        """Make the adapter with these secrets."""
        texts = {name: json.dumps(value) for name, value in secrets.items()}
        self.shelf = Shelf(texts)
        self.credentials = AccountCredentials(secrets=self.shelf, **{"source": source, **options})
        api = GoogleApi(
            self.credentials, self._script.url, 5, clock=HandClock(), tokens=self._tokens
        )
        self._apis.append(api)
        return api

    def close(self) -> None:
        """Close all that was made."""
        for api in self._apis:
            api.close()


def trouble(api: GoogleApi, call: Call = LIST, subject: str | None = ANA) -> Trouble:
    """Give the error that a call ends with; it shows no secret, not even in its causes."""
    with pytest.raises(Trouble) as raised:
        api.call(call, subject=subject)
    shown = "".join(traceback.format_exception(raised.value))
    assert not [secret for secret in SECRETS if secret in shown]
    return raised.value


def bearers(script: Script) -> list[str]:
    """Give the tokens that Google was shown."""
    return [asked.headers["authorization"].removeprefix("Bearer ") for asked in script.asked]
