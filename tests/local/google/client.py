"""Google's own client library, aimed at the simulated Google; every answer is checked."""

import json
import time
import uuid
from typing import Any
from urllib.parse import urlsplit

import httplib2
import requests
from googleapiclient.discovery import build

from infra.local.google import SimulatedGoogle
from tests.local.google.discovery import check_answer, document, method_of

# What `build` makes has no types: its methods come from the discovery document.
Client = Any
Json = Any


class CheckedHttp(httplib2.Http):
    """HTTP with a bearer token that holds each answer against Google's discovery documents."""

    def __init__(self, account: str, called: set[str]) -> None:
        super().__init__(timeout=10)
        self._account = account
        self._called = called

    def request(  # type: ignore[override]
        self, uri: str, method: str = "GET", body: Json = None, headers: Json = None, **more: Any
    ) -> tuple[httplib2.Response, bytes]:
        headers = {**(headers or {}), "Authorization": f"Bearer {self._account}"}
        response, content = super().request(uri, method, body, headers, **more)
        verb = headers.get("x-http-method-override", method)
        api, called = method_of(verb, urlsplit(uri).path)
        if response.status < 300 and "json" in response.get("content-type", "json"):
            self._called.add(called)
            check_answer(api, called, json.loads(content) if content else content)
        return response, content


class Caller:
    """Clients for any account and API, and the control endpoints."""

    def __init__(self, google: SimulatedGoogle) -> None:
        self.google = google
        self.called: set[str] = set()
        self._open: list[CheckedHttp] = []

    def api(self, name: str, version: str, account: str = "ana@example.com") -> Client:
        """Build a client of one of Google's APIs."""
        http = CheckedHttp(account, self.called)
        self._open.append(http)
        path = document({"admin": version.partition("_")[0]}.get(name, name))["servicePath"]
        return build(
            name,
            version,
            http=http,
            client_options={"api_endpoint": f"{self.google.url}/{path}"},
            static_discovery=True,
        )

    def drive(self, account: str = "ana@example.com") -> Client:
        """Build a client of Drive."""
        return self.api("drive", "v3", account)

    def calendar(self, account: str = "ana@example.com") -> Client:
        """Build a client of Calendar."""
        return self.api("calendar", "v3", account)

    def directory(self, account: str = "admin@example.com") -> Client:
        """Build a client of Directory."""
        return self.api("admin", "directory_v1", account)

    def reports(self, account: str = "admin@example.com") -> Client:
        """Build a client of Reports."""
        return self.api("admin", "reports_v1", account)

    def gmail(self, account: str = "ana@example.com") -> Client:
        """Build a client of Gmail."""
        return self.api("gmail", "v1", account)

    def sim(self, verb: str, path: str, body: Json = None) -> Json:
        """Call a control endpoint."""
        answer = requests.request(verb, f"{self.google.url}/sim/{path}", json=body, timeout=10)
        answer.raise_for_status()
        return answer.json() if answer.content else None

    def close(self) -> None:
        """Close all connections."""
        for http in self._open:
            http.close()


def settle(google: SimulatedGoogle) -> None:
    """Wait until no message is on its way; AssertionError if that does not happen."""
    until = time.monotonic() + 5
    while google.world.delivery.waiting():
        assert time.monotonic() < until, "messages are still on their way"
        time.sleep(0.002)


def channel(address: str, **more: Any) -> Json:
    """Make the body of a watch call, with an id of its own."""
    return {"id": uuid.uuid4().hex, "type": "web_hook", "address": address, "token": "t", **more}
