"""The entry points' bodies: an HTTP request in, one flow, an answer out.

Each imports its flow when it is called, so that a function loads no more than it needs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from functions.domain.errors import Conflict, Invalid, Misconfigured, Unavailable
from infra.trace import tracing
from infra.wiring import current

if TYPE_CHECKING:
    import flask

    from functions.ports import Journal

Answer = tuple[str, int, dict[str, str]]

ONLY_POST: Answer = ("POST only", 405, {"Allow": "POST", "Content-Type": "text/plain"})
LARGEST_ENVELOPE = 16 * 1024 * 1024


def misconfigured(fault: Misconfigured, journal: Journal) -> Answer:
    """Say in the log what an operator must mend; nothing is lost if it is mended in time."""
    journal.warn("misconfigured", reason=fault.text)
    return "try again later", 503, {"Content-Type": "text/plain", "Retry-After": "60"}


def renew(request: flask.Request) -> Answer:
    """Do one tick; the scheduler calls again, so a failure needs no more than a status."""
    from functions.renew import renew as flow

    if request.method != "POST":
        return ONLY_POST
    wiring = current()
    journal = wiring.journal("renew")
    with tracing(request.environ):
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
            return misconfigured(fault, journal)
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
    with tracing(request.environ):
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
            return misconfigured(fault, journal)
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
    with tracing(request.environ):
        try:
            envelope = read_envelope(request.get_data())
            flow(envelope.data, attempt=envelope.attempt, handling=wiring.handling)
        except Invalid as invalid:
            journal.warn("change dropped", reason=invalid.text)
        except Misconfigured as fault:
            return misconfigured(fault, journal)
        except (Unavailable, Conflict) as trouble:
            journal.warn("change not handled", reason=trouble.text)
            return "try again later", 503, {}
    return "", 204, {}
