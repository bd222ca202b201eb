"""`receive` behind functions-framework: what the server was sent goes in, an answer comes out.

The headers are read where WSGI has them: Flask's own view of all of them takes as long as the rest.
https://peps.python.org/pep-3333/#environ-variables
"""

from __future__ import annotations

from functools import lru_cache, partial
from typing import TYPE_CHECKING

from werkzeug.wsgi import get_content_length

from functions.domain.errors import Invalid, Misconfigured
from functions.domain.notification import NAMES
from functions.receive import Reply, Request, receive
from infra.entry import misconfigured
from infra.ready import Ready
from infra.trace import tracing
from infra.wiring import current

if TYPE_CHECKING:
    import flask

_KEYS = {f"HTTP_{name.upper().replace('-', '_')}": name for name in NAMES}


def answer(request: flask.Request) -> flask.Response:
    """Answer one request."""
    environ = request.environ
    asked = Request(
        method=environ["REQUEST_METHOD"],
        headers=[(name, environ[key]) for key, name in _KEYS.items() if key in environ],
        length=get_content_length(environ),
        read=partial(_read, request),
    )
    wiring = current()
    with tracing(environ):
        journal = wiring.journal("receive")
        try:
            return _ready(
                receive(
                    asked, keys=wiring.keys, jobs=wiring.jobs, clock=wiring.clock, journal=journal
                )
            )
        except Misconfigured as fault:
            return Ready(*misconfigured(fault, journal))


@lru_cache(maxsize=64)
def _ready(reply: Reply) -> Ready:
    return Ready(reply.text, reply.status, {"Content-Type": "text/plain", **dict(reply.headers)})


def _read(request: flask.Request, most: int) -> bytes:
    """Read the body; one that cannot be read is malformed, not a failure of ours."""
    body = bytearray()
    try:
        while len(body) < most and (part := request.stream.read(most - len(body))):
            body += part
    except Exception:  # noqa: BLE001 - each server has errors of its own for what is no body
        raise Invalid("the body broke off") from None
    return bytes(body)
