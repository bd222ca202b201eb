"""Reads the contents of Drive's files, piece by piece, from any byte on.

https://developers.google.com/workspace/drive/api/guides/manage-downloads#partial_download
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus

import requests
from google.auth.exceptions import GoogleAuthError
from urllib3.exceptions import HTTPError

from functions.domain.errors import Unavailable
from functions.ports import Clock
from functions.sources.call import Call
from infra.cloud.google_answer import read_error
from infra.cloud.google_api import GetCredentials
from infra.cloud.google_methods import Methods
from infra.cloud.google_session import open_session
from infra.cloud.grants import read_grant_error
from infra.cloud.tokens import Tokens

PIECE = 1024 * 1024
TIMEOUT = (10.0, 60.0)  # to connect; between two arrivals


class GoogleMedia:
    """The port `Media`, safe with threads; what it holds in memory is one piece."""

    def __init__(
        self, credentials: GetCredentials, root: str | None = None, *, clock: Clock
    ) -> None:
        """Keep whom to ask as what; `root` is a simulated Google."""
        self._credentials = credentials
        self._clock = clock
        self._tokens = Tokens()
        self._methods = Methods(root)
        self._session = open_session(surroundings=root is None)

    @contextmanager
    def read(self, call: Call, *, subject: str | None, start: int) -> Iterator[Iterator[bytes]]:
        request = self._methods.request(call, quota_user=None)
        try:
            with self._ask(request.uri, call, subject, start) as answer:
                self._check(answer, start)
                yield _pieces(answer)
        except (requests.RequestException, HTTPError) as failure:
            name = type(failure).__name__
            raise Unavailable(f"the content does not come: {name}") from None

    def _ask(self, uri: str, call: Call, subject: str | None, start: int) -> requests.Response:
        # What is compressed on its way has no ranges.
        headers = {"Accept-Encoding": "identity"}
        if start:
            headers["Range"] = f"bytes={start}-"
        try:
            credentials = self._credentials(subject, call.scopes)
        except GoogleAuthError as failure:
            raise read_grant_error(failure, subject=subject) from None
        token = self._tokens.authorise(credentials, headers, subject=subject)
        answer = self._get(uri, headers)
        if answer.status_code == HTTPStatus.UNAUTHORIZED and self._tokens.renew(
            credentials, token, subject=subject
        ):
            answer.close()
            self._tokens.authorise(credentials, headers, subject=subject)
            answer = self._get(uri, headers)
        return answer

    def _get(self, uri: str, headers: dict[str, str]) -> requests.Response:
        return self._session.get(
            uri, headers=headers, timeout=TIMEOUT, stream=True, allow_redirects=False
        )

    def _check(self, answer: requests.Response, start: int) -> None:
        wanted = HTTPStatus.PARTIAL_CONTENT if start else HTTPStatus.OK
        if answer.status_code == wanted:
            return
        if start and answer.status_code == HTTPStatus.OK:
            raise Unavailable("the content does not come in parts")
        content = answer.raw.read(64 * 1024, decode_content=True)
        raise read_error(
            answer.status_code, answer.headers, content, secrets=(), now=self._clock.now()
        )


def _pieces(answer: requests.Response) -> Iterator[bytes]:
    pieces: Iterator[bytes] = answer.iter_content(PIECE)
    yield from pieces
