"""Access tokens on requests: fetched when needed, renewed when refused, one thread at a time.

Not by `before_request` of google-auth: it starts threads of its own, which outlive a function's
answer. Nor by its transport alone: that asks IAM to sign once, and takes an outage for a refusal.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

import requests
from google.auth.credentials import Credentials
from google.auth.exceptions import GoogleAuthError
from google.auth.transport.requests import Request
from requests.adapters import HTTPAdapter
from urllib3 import Retry

from functions.domain.errors import Unavailable
from infra.cloud.grants import read_grant_error

TIMEOUT = 5.0
_IAM = "https://iamcredentials.googleapis.com/"
_LOCKS = 64


def open_token_session() -> requests.Session:
    """Make a session in which signing is tried three times: it does nothing that could be twice."""
    session = requests.Session()
    again = Retry(
        total=2,
        backoff_factor=0.3,
        status_forcelist=[429, 500, 502, 503, 504],
        allowed_methods=None,
        raise_on_status=False,
        respect_retry_after_header=False,
    )
    session.mount(_IAM, HTTPAdapter(max_retries=again))
    return session


class Tokens:
    """Puts tokens on requests; failures to get one leave as our errors."""

    def __init__(
        self, session: requests.Session | None = None, *, timeout: float = TIMEOUT
    ) -> None:
        self._session = session or open_token_session()
        self._ask = partial(Request(self._session), timeout=timeout)
        self._locks = [threading.Lock() for _ in range(_LOCKS)]

    def authorise(
        self, credentials: Credentials, headers: dict[str, str], *, subject: str | None
    ) -> str:
        """Add the token to the headers, a new one if there is none or it ends soon; give it."""
        with self._guarded(credentials, subject):
            if not credentials.valid:
                credentials.refresh(self._ask)  # type: ignore[no-untyped-call]
            credentials.apply(headers)  # type: ignore[no-untyped-call]
            return str(credentials.token)

    def renew(self, credentials: Credentials, refused: str, *, subject: str | None) -> bool:
        """Get another token in place of a refused one; False if there is no other."""
        with self._guarded(credentials, subject):
            if credentials.token == refused:
                # If this fails the refused one must not look valid.
                credentials.token = None
                credentials.refresh(self._ask)  # type: ignore[no-untyped-call]
            return credentials.token != refused

    def close(self) -> None:
        """Close the connections."""
        self._session.close()

    @contextmanager
    def _guarded(self, credentials: Credentials, subject: str | None) -> Iterator[None]:
        """Hold off other threads with the same credentials, and translate failures."""
        with self._locks[id(credentials) // 16 % _LOCKS]:
            try:
                yield
            except GoogleAuthError as failure:
                # Without its cause: google-auth's errors carry whole answers.
                raise read_grant_error(failure, subject=subject) from None
            # google-auth trips over answers of an unexpected shape.
            except (AttributeError, KeyError, OSError, TypeError, ValueError) as failure:
                raise Unavailable(f"no token: {type(failure).__name__}") from None
