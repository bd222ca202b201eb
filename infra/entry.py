"""The entry points' bodies: an HTTP request in, one flow, an answer out.

Each imports its flow when it is called, so that a function loads no more than it needs.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from functions.domain.errors import Conflict, Invalid, Misconfigured, Unavailable
from infra.trace import HEADERS, tracing
from infra.wiring import current

if TYPE_CHECKING:
    import flask

    from functions.ports import Journal

Answer = tuple[str, int, dict[str, str]]

ONLY_POST: Answer = ("POST only", 405, {"Allow": "POST", "Content-Type": "text/plain"})
LARGEST_ENVELOPE = 16 * 1024 * 1024


def receive(request: flask.Request) -> Answer:
    """Answer Google's sender, and whoever else finds the address."""
    from functions.receive import Request
    from functions.receive import receive as flow

    wiring = current()
    asked = Request(
        method=request.method,
        headers=_headers(request.environ),
        length=request.content_length,
        read=_reader(request),
    )
    with tracing(_traced(request)):
        journal = wiring.journal("receive")
        try:
            reply = flow(
                asked, keys=wiring.keys, jobs=wiring.jobs, clock=wiring.clock, journal=journal
            )
        except Misconfigured as fault:
            return _misconfigured(fault, journal)
    return reply.text, reply.status, {"Content-Type": "text/plain", **reply.headers}


def _headers(environ: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Give what Google's sender says; Flask's own view of all headers takes as long as the rest."""
    return [
        (name[5:].replace("_", "-"), value)
        for name, value in environ.items()
        if name.startswith("HTTP_X_GOOG_")
    ]


def _traced(request: flask.Request) -> dict[str, str]:
    """Give the headers that tell what the request belongs to."""
    return {name: value for name in HEADERS if (value := request.headers.get(name))}


def _misconfigured(fault: Misconfigured, journal: Journal) -> Answer:
    """Say in the log what an operator must mend; nothing is lost if it is mended in time."""
    journal.warn("misconfigured", reason=fault.text)
    return "try again later", 503, {"Content-Type": "text/plain", "Retry-After": "60"}


def _reader(request: flask.Request) -> Callable[[int], bytes]:
    """Give what reads the body; one that cannot be read is malformed, not a failure of ours.

    Of what is not asked for nothing is read: the framework would keep all of it in memory.
    """
    stream, request.stream = request.stream, io.BytesIO()

    def read(most: int) -> bytes:
        body = bytearray()
        try:
            while len(body) < most and (part := stream.read(most - len(body))):
                body += part
        except Exception:  # noqa: BLE001 - each server has errors of its own for what is no body
            raise Invalid("the body broke off") from None
        return bytes(body)

    return read


def renew(request: flask.Request) -> Answer:
    """Do one tick; the scheduler calls again, so a failure needs no more than a status."""
    from functions.renew import renew as flow

    if request.method != "POST":
        return ONLY_POST
    wiring = current()
    journal = wiring.journal("renew")
    with tracing(_traced(request)):
        try:
            flow(
                store=wiring.store,
                google=wiring.google,
                jobs=wiring.jobs,
                keys=wiring.keys,
                clock=wiring.clock,
                chance=wiring.chance,
                crew=wiring.crew,
                journal=journal,
                terms=wiring.terms,
            )
        except Misconfigured as fault:
            return _misconfigured(fault, journal)
        except (Unavailable, Conflict) as trouble:
            journal.warn("tick failed", reason=trouble.text)
            return "try again later", 503, {}
    return "", 204, {}


def sync(request: flask.Request) -> Answer:
    """Take one pushed job; only what a repetition can mend is answered with 5xx."""
    from functions.channels.announcement import announce, is_announcement, read_announcement
    from functions.domain.job import read_job
    from functions.sync import sync as flow
    from infra.envelope import read_envelope

    if request.method != "POST":
        return ONLY_POST
    wiring = current()
    journal = wiring.journal("sync")
    with tracing(_traced(request)):
        try:
            data = read_envelope(request.get_data()).data
            if is_announcement(data):
                announce(
                    read_announcement(data),
                    store=wiring.store,
                    jobs=wiring.jobs,
                    clock=wiring.clock,
                    journal=journal,
                    terms=wiring.terms,
                )
                return "", 204, {}
            flow(
                read_job(data),
                store=wiring.store,
                google=wiring.google,
                jobs=wiring.jobs,
                changes=wiring.changes,
                clock=wiring.clock,
                chance=wiring.chance,
                journal=journal,
                terms=wiring.terms,
            )
        except Invalid as invalid:
            # A repetition would be as unreadable: dropped, and counted by this line.
            journal.warn("job dropped", reason=invalid.text)
        except Misconfigured as fault:
            return _misconfigured(fault, journal)
        except (Unavailable, Conflict) as trouble:
            journal.warn("job not done", reason=trouble.text)
            return "try again later", 503, {}
    return "", 204, {}


def handle(request: flask.Request) -> Answer:
    """Take one pushed change; only what a repetition can mend is answered with 5xx."""
    from functions.handle import handle as flow
    from infra.envelope import read_envelope

    if request.method != "POST":
        return ONLY_POST
    wiring = current()
    journal = wiring.journal("handle")
    with tracing(_traced(request)):
        try:
            envelope = read_envelope(request.get_data())
            flow(envelope.data, attempt=envelope.attempt, handling=wiring.handling)
        except Invalid as invalid:
            journal.warn("change dropped", reason=invalid.text)
        except Misconfigured as fault:
            return _misconfigured(fault, journal)
        except (Unavailable, Conflict) as trouble:
            journal.warn("change not handled", reason=trouble.text)
            return "try again later", 503, {}
    return "", 204, {}
