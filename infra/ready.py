"""Answers that are ready: `receive` has few, and those who ask alike get the same one.

Flask makes each answer anew, which takes longer than to refuse a forged notification. One of these
may be given to any number of requests at once: nothing in it changes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

import flask

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment


class Ready(flask.Response):
    """A response with nothing left to do but to hand it over."""

    # Before any other answer functions-framework reads all that was sent into memory. What matters
    # of it was read by then; the server passes over the rest.
    is_streamed = True

    def __init__(self, text: str, status: int, headers: Mapping[str, str]) -> None:
        """Make all of it."""
        super().__init__(text, status, headers)
        self._headers = self.get_wsgi_headers({}).to_wsgi_list()
        self._body = [text.encode()]

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Be the WSGI application that gives it."""
        start_response(self.status, [*self._headers])
        return self._body if environ["REQUEST_METHOD"] != "HEAD" else []
