"""The access token of the account that we run as, fetched when it is needed, in the same thread.

Google's own gRPC credentials fetch it in a thread of theirs, to which a function promises no
processor time, and import `requests` for it. Their patience is half a minute: ours is the caller's.
"""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime
from typing import Any

import google.auth
import urllib3
from google.auth.exceptions import GoogleAuthError
from google.auth.transport.urllib3 import Request

from infra.cloud.patience import NoTokenError

Headers = tuple[tuple[str, str], ...]


class OwnToken:
    """The token for one scope; threads may share it."""

    def __init__(self, scope: str) -> None:
        self._scope = scope
        pool = urllib3.PoolManager(retries=False)
        self._request: Any = Request(pool)  # type: ignore[no-untyped-call]
        self._lock = threading.Lock()
        self._credentials: Any = None
        self._until = 0.0  # when whoever asks now has no more time

    def headers(self, within: float) -> Headers:
        """Give the header that proves who calls, within so many seconds.

        Raises:
            NoTokenError: there is no token now.
        """
        until = time.monotonic() + within
        if not self._lock.acquire(timeout=within):
            raise NoTokenError("another request waits for one", passing=True)
        try:
            self._until = until
            return (("authorization", f"Bearer {self._token()}"),)
        finally:
            self._lock.release()

    def _token(self) -> str:
        if self._credentials is None or not self._credentials.valid:
            try:
                self._refresh()
            except NoTokenError:
                if not self._lasts():
                    raise
            except Exception as error:
                # Whatever a server may answer: it is an outage, and its text is not to be shown.
                if not self._lasts():
                    raise NoTokenError(type(error).__name__, passing=False) from error
        return str(self._credentials.token)

    def _refresh(self) -> None:
        if self._credentials is None:
            ask: Any = self._ask
            self._credentials = google.auth.default([self._scope], ask)[0]
        self._credentials.refresh(self._ask)

    def _lasts(self) -> bool:
        """Whether the token is still good: it is renewed some minutes before its end."""
        known = self._credentials
        if known is None or not known.token:
            return False
        end: datetime | None = known.expiry
        return end is None or end.replace(tzinfo=UTC) > datetime.now(UTC)

    def _ask(self, *arguments: Any, **more: Any) -> Any:
        """Ask once: what fails is not repeated here, as the library would for half a minute."""
        left = self._until - time.monotonic()
        if left <= 0:
            raise NoTokenError("no answer in time", passing=True)
        try:
            answer = self._request(*arguments, **{**more, "timeout": left})
        except GoogleAuthError as error:
            raise NoTokenError("no answer", passing=True) from error
        if answer.status >= 500 or answer.status == 429:  # noqa: PLR2004
            raise NoTokenError(f"the server of tokens answers {answer.status}", passing=True)
        return answer
