"""Receives a notification: parse, verify, queue, answer. No store, no Google.

Google retries on 500, 502, 503 and 504 alone and drops the message on any other refusal, so 503
means "not durable yet", and everything a retry cannot mend gets a 4xx.
https://developers.google.com/workspace/drive/api/guides/push#responding-to-notifications
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from http import HTTPStatus
from typing import TYPE_CHECKING

from functions.domain import notification, token
from functions.domain.errors import Invalid, TooLarge, Unavailable, Unverified
from functions.domain.model import Job, Message

if TYPE_CHECKING:
    from functions.ports import Clock, Jobs, Journal, Keys

LARGEST_BODY = 256 * 1024
GRACE = timedelta(seconds=60)
RETRY_AFTER = timedelta(seconds=30)
REFUSALS = (Invalid, Unverified, TooLarge)

REASONS = {
    HTTPStatus.BAD_REQUEST: "bad notification",
    HTTPStatus.UNAUTHORIZED: "not verified",
    HTTPStatus.METHOD_NOT_ALLOWED: "POST only",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "body too large",
    HTTPStatus.SERVICE_UNAVAILABLE: "try again later",
    HTTPStatus.NO_CONTENT: "",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One HTTP request; the body is read only as far as the limit."""

    method: str
    headers: notification.Headers
    length: int | None
    read: Callable[[int], bytes]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """The answer: nothing in it depends on the store."""

    status: HTTPStatus
    headers: tuple[tuple[str, str], ...] = ()

    @property
    def text(self) -> str:
        """The short reason that is the whole body."""
        return REASONS[self.status]


_QUEUED = Reply(status=HTTPStatus.NO_CONTENT)
_ONLY_POST = Reply(status=HTTPStatus.METHOD_NOT_ALLOWED, headers=(("Allow", "POST"),))
_REFUSED = {kind.status: Reply(status=HTTPStatus(kind.status)) for kind in REFUSALS}


def receive(request: Request, *, keys: Keys, jobs: Jobs, clock: Clock, journal: Journal) -> Reply:
    """Answer one request; total: whatever comes in gets one of the replies above."""
    if request.method != "POST":
        return _ONLY_POST
    try:
        body = _body(request)
        values = notification.collect(request.headers)
        message = notification.parse(values, body)
        claim = _verify(message, notification.token_of(values), keys=keys, clock=clock)
        job = Job(
            watch=claim.watch,
            queued_at=clock.now(),
            reason="notification",
            key_id=claim.key_id,
            message=message,
        )
        jobs.put(job)
    except REFUSALS as refusal:
        journal.note("refused", status=refusal.status, reason=refusal.text)
        return _REFUSED[refusal.status]
    except Unavailable as outage:
        journal.warn("not queued", reason=outage.text)
        return _later(outage.delay or RETRY_AFTER)
    journal.note(
        "queued",
        watch=claim.watch,
        channel=message.channel,
        state=message.state,
        number=message.number,
    )
    return _QUEUED


def _body(request: Request) -> bytes:
    if request.length is not None and request.length > LARGEST_BODY:
        msg = "the body is larger than 256 KiB"
        raise TooLarge(msg)
    body = request.read(LARGEST_BODY + 1) if request.length != 0 else b""
    if len(body) > LARGEST_BODY:
        msg = "the body is larger than 256 KiB"
        raise TooLarge(msg)
    return body


def _verify(message: Message, proof: str | None, *, keys: Keys, clock: Clock) -> token.Claim:
    ring = keys.ring(wanted=token.key_of(proof))
    claim = token.verify(ring, proof, channel=message.channel)
    if message.expiration is not None and message.expiration + GRACE < clock.now():
        msg = "the channel has expired"
        raise Unverified(msg)
    return claim


def _later(delay: timedelta) -> Reply:
    seconds = max(int(delay.total_seconds()), 1)
    return Reply(status=HTTPStatus.SERVICE_UNAVAILABLE, headers=(("Retry-After", str(seconds)),))
