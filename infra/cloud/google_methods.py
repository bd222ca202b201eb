"""Finds the method a call names, in the discovery documents that come with Google's library.

They are read once each, never fetched: https://googleapis.github.io/google-api-python-client/docs/discovery.html
"""

from __future__ import annotations

import json
import threading
from typing import Any

import httplib2
from googleapiclient import discovery
from googleapiclient.discovery_cache import get_static_doc
from googleapiclient.http import HttpRequest

from functions.domain.errors import Refused
from functions.sources.call import Call


class Methods:
    """The methods of all APIs, at Google's address or under another root."""

    def __init__(self, root: str | None = None) -> None:
        self._root = root.rstrip("/") if root else None
        self._services: dict[tuple[str, str], Any] = {}
        self._found: dict[tuple[str, str, str], Any] = {}
        self._lock = threading.Lock()

    def request(self, call: Call, *, quota_user: str | None) -> HttpRequest:
        """Make the request of a call, not sent yet.

        Raises:
            Refused: this call cannot be made: its method or a parameter is unknown, or a value is
                none that the API takes. That is one watch's trouble, no other's.
        """
        params = {**call.params, "quotaUser": quota_user}
        if call.body is not None:
            params["body"] = dict(call.body)
        try:
            return self._find(call)(**params)
        except (AttributeError, TypeError, ValueError) as failure:
            name = f"{call.api}.{call.version}.{call.method}"
            raise Refused(f"the call {name} cannot be made: {failure}") from failure

    def _find(self, call: Call) -> Any:
        """Find a method; the library makes its resources anew each time, so it is kept."""
        name = (call.api, call.version, call.method)
        if name not in self._found:
            *resources, method = call.method.split(".")
            found = self._service(call.api, call.version)
            for resource in resources:
                found = getattr(found, resource)()
            self._found[name] = getattr(found, method)
        return self._found[name]

    def _service(self, api: str, version: str) -> Any:
        with self._lock:
            if (api, version) not in self._services:
                self._services[api, version] = self._build(api, version)
            return self._services[api, version]

    def _build(self, api: str, version: str) -> Any:
        text = get_static_doc(api, version)
        if text is None:
            raise ValueError("no such API is known")
        document = json.loads(text)
        # The endpoint replaces all but a method's own path, which for some APIs lacks "drive/v3/".
        endpoint = f"{self._root}/{document['servicePath']}" if self._root else None
        return discovery.build_from_document(
            document,
            # Never used, each request has a line of its own; but None would look for credentials.
            http=httplib2.Http(),
            client_options={"api_endpoint": endpoint} if endpoint else None,
        )
