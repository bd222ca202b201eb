"""Receives a notification: parse, verify, queue, answer. No store, no Google.

Google retries on 500, 502, 503 and 504 alone and drops the message on any other refusal, so 503
means "not durable yet", and everything a retry cannot mend gets a 4xx.
https://developers.google.com/workspace/drive/api/guides/push#responding-to-notifications
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from http import HTTPStatus
from typing import TYPE_CHECKING

from functions.domain import notification, token
from functions.domain.errors import Invalid, TooLarge, Trouble, Unavailable, Unverified
from functions.domain.model import Job, Message

if TYPE_CHECKING:
    from functions.ports import Clock, Jobs, Journal, Keys

LARGEST_BODY = 256 * 1024
GRACE = timedelta(seconds=60)
RETRY_AFTER = timedelta(seconds=30)

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
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def text(self) -> str:
        """The short reason that is the whole body."""
        return REASONS[self.status]


def receive(request: Request, *, keys: Keys, jobs: Jobs, clock: Clock, journal: Journal) -> Reply:
    """Answer one request; total: whatever comes in gets one of the replies above."""
    if request.method != "POST":
        return Reply(status=HTTPStatus.METHOD_NOT_ALLOWED, headers={"Allow": "POST"})
    try:
        message = notification.parse(request.headers, _body(request))
        claim = _verify(message, notification.token_of(request.headers), keys=keys, clock=clock)
        job = Job(
            watch=claim.watch,
            queued_at=clock.now(),
            reason="notification",
            key_id=claim.key_id,
            message=message,
        )
        jobs.put(job)
    except Trouble as trouble:
        return _refuse(trouble, journal)
    journal.note(
        "queued",
        watch=claim.watch,
        channel=message.channel,
        state=message.state,
        number=message.number,
    )
    return Reply(status=HTTPStatus.NO_CONTENT)


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


def _refuse(trouble: Trouble, journal: Journal) -> Reply:
    if isinstance(trouble, Unavailable):
        journal.warn("not queued", reason=trouble.text)
        seconds = int((trouble.delay or RETRY_AFTER).total_seconds())
        headers = {"Retry-After": str(max(seconds, 1))}
        return Reply(status=HTTPStatus.SERVICE_UNAVAILABLE, headers=headers)
    if isinstance(trouble, Invalid | Unverified | TooLarge):
        journal.note("refused", status=trouble.status, reason=trouble.text)
        return Reply(status=HTTPStatus(trouble.status))
    raise trouble
