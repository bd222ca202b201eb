"""One call's way to Google: authorised, timed, and never sent twice without our knowing.

The library's own httplib2 sends a POST again when a kept connection breaks, and is not safe with
threads. So requests go through `requests`; a line only looks like an `httplib2.Http`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from http import HTTPStatus
from http.cookiejar import DefaultCookiePolicy

import httplib2
import requests
from google.auth.credentials import Credentials
from requests.adapters import HTTPAdapter
from urllib3.exceptions import MaxRetryError, NewConnectionError

from functions.domain.errors import Refused, Trouble, Unanswered, Unavailable
from infra.cloud.bearer import Bearer
from infra.cloud.google_answer import read_error
from infra.cloud.tokens import Tokens

_CONNECT_TIMEOUT = 10.0
_CONNECTIONS = 64
_SHORTEST_SECRET = 16


class Passing(ConnectionError):
    """A failure that may pass by itself: of a type that the library tries again."""

    def __init__(self, trouble: Trouble) -> None:
        super().__init__(str(trouble))
        self.trouble = trouble


def open_session(*, surroundings: bool) -> requests.Session:
    """Make what keeps connections; `surroundings`: with the proxies that the environment names."""
    session = requests.Session()
    session.trust_env = surroundings
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    for scheme in ("https://", "http://"):
        session.mount(scheme, HTTPAdapter(pool_maxsize=_CONNECTIONS, max_retries=0))
    return session


class Line:
    """What the library sends one call through; what is no answer leaves it as an error.

    Args:
        session: keeps the connections of all lines.
        tokens: puts tokens on requests.
        credentials: whose token.
        subject: who they stand for.
        once: whether silence may mean that it was done.
        timeout: seconds to wait for an answer.
        secrets: what no text may repeat, even if Google does.
        now: gives the time.
    """

    def __init__(
        self,
        *,
        session: requests.Session,
        tokens: Tokens,
        credentials: Credentials,
        subject: str | None,
        once: bool,
        timeout: float,
        secrets: tuple[str, ...],
        now: Callable[[], datetime],
    ) -> None:
        self._session = session
        self._tokens = tokens
        self._credentials = credentials
        self._subject = subject
        self._once = once
        self._timeout = (min(_CONNECT_TIMEOUT, timeout), timeout)
        self._secrets = secrets
        self._now = now
        self._token = ""

    def request(
        self,
        uri: str,
        method: str = "GET",
        body: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> tuple[httplib2.Response, bytes]:
        """Send the request.

        Raises:
            Passing: it may go better at once.
            Trouble: it would not.
        """
        answer = self._send(uri, method, body, dict(headers or {}))
        if self._is_kept_out(answer) and self._has_another_token():
            # Nothing was done with the first: this is no second time.
            answer = self._send(uri, method, body, dict(headers or {}))
        if HTTPStatus.OK <= answer.status_code < HTTPStatus.MULTIPLE_CHOICES:
            status = {"status": str(answer.status_code)}
            return httplib2.Response({**answer.headers, **status}), answer.content
        raise self._refusal(answer)

    def _send(
        self, uri: str, method: str, body: str | None, headers: dict[str, str]
    ) -> requests.Response:
        self._token = self._tokens.authorise(self._credentials, headers, subject=self._subject)
        try:
            return self._session.request(
                method,
                uri,
                data=body,
                headers=headers,
                timeout=self._timeout,
                allow_redirects=False,
                auth=_as_it_is,
            )
        except requests.RequestException as failure:
            raise self._failure(failure) from None

    def _is_kept_out(self, answer: requests.Response) -> bool:
        # A 401 may also be about the address that is to be notified.
        is_401 = answer.status_code == HTTPStatus.UNAUTHORIZED
        return is_401 and isinstance(self._refusal(answer), Refused)

    def _has_another_token(self) -> bool:
        return self._tokens.renew(self._credentials, self._token, subject=self._subject)

    def _refusal(self, answer: requests.Response) -> Exception:
        trouble = read_error(
            answer.status_code,
            answer.headers,
            answer.content,
            secrets=self._hidden(),
            now=self._now(),
        )
        if isinstance(trouble, Unavailable) and trouble.delay is None:
            return Passing(trouble)
        return trouble

    def _hidden(self) -> list[str]:
        # A simulated Google's tokens are addresses, which make texts clear; and what is short is
        # no secret, but may be part of any word.
        is_secret = not isinstance(self._credentials, Bearer)
        texts = (*self._secrets, self._token) if is_secret else self._secrets
        return [text for text in texts if len(text) >= _SHORTEST_SECRET]

    def _failure(self, failure: requests.RequestException) -> Exception:
        name = type(failure).__name__
        if _is_unsent(failure):
            trouble = Unavailable(f"Google cannot be reached: {name}")
        elif self._once:
            trouble = Unanswered(f"sent, but not answered: {name}")
        else:
            trouble = Unavailable(f"not answered: {name}")
        # Whoever has waited for a timeout has no time to wait for another.
        return trouble if isinstance(failure, requests.Timeout) else Passing(trouble)


def _is_unsent(failure: requests.RequestException) -> bool:
    cause = failure.args[0] if failure.args else None
    refused = isinstance(cause, MaxRetryError) and isinstance(cause.reason, NewConnectionError)
    return refused or isinstance(failure, requests.ConnectTimeout | requests.exceptions.ProxyError)


def _as_it_is(request: requests.PreparedRequest) -> requests.PreparedRequest:
    """Authorise nothing: else `requests` would put a password of ~/.netrc in the token's place."""
    return request
