"""The access token of the account that we run as, fetched when it is needed, in the same thread.

Google's own gRPC credentials fetch it in a thread of theirs, to which a function promises no
processor time, and import `requests` for it.
"""

from __future__ import annotations

import threading
from functools import partial
from typing import Any

import google.auth
import urllib3
from google.auth.transport.urllib3 import Request

TIMEOUT = 3.0


class OwnToken:
    """The token for one scope; threads may share it."""

    def __init__(self, scope: str) -> None:
        ask = Request(urllib3.PoolManager(retries=False))  # type: ignore[no-untyped-call]
        given: Any = partial(ask, timeout=TIMEOUT)
        self._ask = given
        self._lock = threading.Lock()
        self._credentials: Any = google.auth.default(scopes=[scope], request=self._ask)[0]

    def headers(self) -> tuple[tuple[str, str], ...]:
        """Give the header that proves who calls.

        Raises:
            GoogleAuthError: there is no token now.
        """
        with self._lock:
            if not self._credentials.valid:
                self._credentials.refresh(self._ask)
            return (("authorization", f"Bearer {self._credentials.token}"),)
