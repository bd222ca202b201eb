"""One call's way to Google: authorised, timed, and never sent twice without our knowing.

The library's own httplib2 sends a POST again when a kept connection breaks, and is not safe with
threads. So requests go through `requests`; a line only looks like an `httplib2.Http`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus

import httplib2
import requests
from google.auth.credentials import Credentials

from functions.domain.errors import Refused, Trouble, Unanswered, Unavailable
from infra.cloud.bearer import Bearer
from infra.cloud.google_answer import read_error
from infra.cloud.google_session import was_sent
from infra.cloud.tokens import Tokens

_CONNECT_TIMEOUT = 10.0
_SHORTEST_SECRET = 16


class Passing(ConnectionError):
    """A failure that may pass by itself: of a type that the library tries again."""

    def __init__(self, trouble: Trouble) -> None:
        super().__init__(str(trouble))
        self.trouble = trouble


@dataclass(slots=True, kw_only=True)
class Line:
    """What the library sends one call through; what is no answer leaves it as an error."""

    session: requests.Session
    tokens: Tokens
    credentials: Credentials
    subject: str | None
    once: bool  # silence may mean that it was done
    timeout: float
    secrets: tuple[str, ...]  # what no text may repeat, even if Google does
    now: Callable[[], datetime]
    _token: str = ""

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
        self._token = self.tokens.authorise(self.credentials, headers, subject=self.subject)
        try:
            return self.session.request(
                method,
                uri,
                data=body,
                headers=headers,
                timeout=(min(_CONNECT_TIMEOUT, self.timeout), self.timeout),
                allow_redirects=False,
            )
        except requests.RequestException as failure:
            raise self._failure(failure) from None

    def _is_kept_out(self, answer: requests.Response) -> bool:
        # A 401 may also be about the address that is to be notified.
        is_401 = answer.status_code == HTTPStatus.UNAUTHORIZED
        return is_401 and isinstance(self._refusal(answer), Refused)

    def _has_another_token(self) -> bool:
        return self.tokens.renew(self.credentials, self._token, subject=self.subject)

    def _refusal(self, answer: requests.Response) -> Exception:
        trouble = read_error(
            answer.status_code,
            answer.headers,
            answer.content,
            secrets=self._hidden(),
            now=self.now(),
        )
        if isinstance(trouble, Unavailable) and trouble.delay is None:
            return Passing(trouble)
        return trouble

    def _hidden(self) -> list[str]:
        # A simulated Google's tokens are addresses, which make texts clear; and what is short is
        # no secret, but may be part of any word.
        is_secret = not isinstance(self.credentials, Bearer)
        texts = (*self.secrets, self._token) if is_secret else self.secrets
        return [text for text in texts if len(text) >= _SHORTEST_SECRET]

    def _failure(self, failure: requests.RequestException) -> Exception:
        name = type(failure).__name__
        if not was_sent(failure):
            trouble = Unavailable(f"Google cannot be reached: {name}")
        elif self.once:
            trouble = Unanswered(f"sent, but not answered: {name}")
        else:
            trouble = Unavailable(f"not answered: {name}")
        # Whoever has waited for a timeout has no time to wait for another.
        return trouble if isinstance(failure, requests.Timeout) else Passing(trouble)
