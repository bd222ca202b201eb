"""Makes calls of Google's APIs, through Google's own library and its discovery documents."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from functools import partial
from http import HTTPStatus
from typing import Any

import httplib2
from google.auth.credentials import Credentials
from google.auth.exceptions import GoogleAuthError
from googleapiclient.http import HttpRequest

from functions.domain.errors import Unanswered, Unavailable
from functions.ports import Clock
from functions.sources.call import Answer, Call
from infra.cloud.google_answer import read_date
from infra.cloud.google_line import Line, Passing
from infra.cloud.google_methods import Methods
from infra.cloud.google_session import open_session
from infra.cloud.grants import read_grant_error
from infra.cloud.tokens import Tokens
from infra.hand import Hand

TIMEOUT = 30.0
_RETRIES = 2
# https://developers.google.com/workspace/calendar/api/guides/quota
_LONGEST_QUOTA_USER = 40

GetCredentials = Callable[[str | None, tuple[str, ...]], Credentials]


class GoogleApi:
    """The port `Google`, safe with threads.

    Args:
        credentials: gives the credentials for a subject and scopes; quick, asked at each call.
        root: where to send all calls instead of to Google: a simulated one.
        timeout: seconds to wait for an answer.
        tokens: puts tokens on requests.
        clock: tells the time if Google's answer does not.
    """

    def __init__(
        self,
        credentials: GetCredentials,
        root: str | None = None,
        timeout: float = TIMEOUT,
        *,
        clock: Clock,
        tokens: Tokens | None = None,
    ) -> None:
        self._credentials = credentials
        self._timeout = timeout
        self._clock = clock
        self._tokens = tokens or Tokens()
        self._methods = Methods(root)
        # A simulated Google is near: no proxy knows the way.
        self._session = open_session(surroundings=root is None)

    def call(self, call: Call, *, subject: str | None) -> Answer:
        request = self._methods.request(call, quota_user=_quota_user(subject))
        answers: list[httplib2.Response] = []
        request.add_response_callback(answers.append)
        content = self._send(request, self._line(call, subject), once=_is_once(call))
        # The library gives bytes where the API promises no content.
        if answers[-1].status == HTTPStatus.NO_CONTENT or isinstance(content, bytes):
            content = {}
        if not isinstance(content, dict):
            raise _unreadable(call)
        return Answer(body=content, date=read_date(answers[-1]) or self._clock.now())

    def ahead(self, call: Call, *, subject: str | None) -> Callable[[], Answer]:
        return Hand(partial(self.call, call, subject=subject), name="ahead").wait

    def close(self) -> None:
        """Close all connections."""
        self._session.close()
        self._tokens.close()

    def _line(self, call: Call, subject: str | None) -> Line:
        try:
            credentials = self._credentials(subject, call.scopes)
        except GoogleAuthError as failure:
            raise read_grant_error(failure, subject=subject) from None
        token = (call.body or {}).get("token")
        return Line(
            session=self._session,
            tokens=self._tokens,
            credentials=credentials,
            subject=subject,
            once=_is_once(call),
            timeout=self._timeout,
            secrets=(token,) if isinstance(token, str) and token else (),
            now=self._clock.now,
        )

    def _send(self, request: HttpRequest, line: Line, *, once: bool) -> Any:
        try:
            return request.execute(http=line, num_retries=0 if once else _RETRIES)
        except Passing as failure:
            raise failure.trouble from None
        except (ValueError, RecursionError):
            return None


def _is_once(call: Call) -> bool:
    return call.once or call.method.rpartition(".")[2] == "watch"


def _unreadable(call: Call) -> Unavailable:
    text = f"{call.api} {call.method}: the answer is no JSON object"
    return Unanswered(text) if _is_once(call) else Unavailable(text)


def _quota_user(subject: str | None) -> str | None:
    """Say whose quota a call counts against: with delegation all would count as one account's."""
    if subject is None or len(subject) <= _LONGEST_QUOTA_USER:
        return subject
    return hashlib.sha256(subject.encode()).hexdigest()[:_LONGEST_QUOTA_USER]
