"""The simulated Google without a network: calls are answered here and now, messages wait for us."""

from __future__ import annotations

import json
from collections.abc import Callable
from copy import copy
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from fnmatch import fnmatchcase
from functools import cache
from typing import Any
from urllib.parse import urlsplit

from functions.domain.errors import Trouble, Unanswered, Unavailable
from functions.ports import Clock
from functions.sources.call import Answer, Call
from infra.cloud.bearer import SERVICE_ACCOUNT
from infra.cloud.google_answer import read_date, read_error
from infra.cloud.google_methods import Methods
from infra.local.google.application import Application, Request
from infra.local.google.call import Reply
from infra.local.google.channel import Channel
from infra.local.google.clock import Clock as GoogleClock
from infra.local.google.delivery import Delivery
from infra.local.google.message import Message, Outcome
from infra.local.google.options import Options
from infra.local.google.routes import ROUTES
from infra.local.google.world import World
from tests.world.ahead import AtOnce

_ROOT = "http://127.0.0.1"
_METHODS = Methods(_ROOT)


class NearGoogle(AtOnce):
    """The port `Google` on a simulated Google that lives by our clock."""

    def __init__(self, clock: Clock, *, seed: int = 0) -> None:
        self.clock = clock
        self.skew = timedelta(0)  # how far Google's clock is ahead of ours
        self.mail = Mail(self)
        self.world = World(Options(seed=seed), clock=_Time(self), delivery=self.mail)
        self.calls: list[tuple[str, str]] = []  # method and account
        self.cost = timedelta(0)  # how long each call takes
        self.between: Callable[[Call], None] | None = None  # done, but not answered yet
        self.tamper: Callable[[Call, dict[str, Any]], None] | None = None  # with an answer's body
        self._app = _application(self.world)
        self._refusals: list[tuple[str, Trouble | None, bool]] = []

    def now(self) -> datetime:
        """Tell the time as Google knows it."""
        return self.clock.now() + self.skew

    def call(self, call: Call, *, subject: str | None) -> Answer:
        self.clock.sleep(self.cost)
        name = f"{call.api}.{call.method}"
        self.calls.append((name, subject or SERVICE_ACCOUNT))
        self._refuse(name, done=False)
        reply = self._send(call, subject)
        if self.between is not None:
            self.between(call)
        self._refuse(name, done=True)
        return self._read(call, reply)

    def refuse(self, method: str, trouble: Trouble | None, *, done: bool = False) -> None:
        """Have the next call of a method fail; `done`: it has its effect all the same."""
        self._refusals.append((method, trouble, done))

    def count(self, method: str) -> int:
        """Tell how many calls of a method (a glob) came."""
        return sum(fnmatchcase(name, method) for name, _ in self.calls)

    def alive(self) -> list[Channel]:
        """List the channels that live, oldest first."""
        now = self.world.clock.now()
        return [channel for channel in self.world.channels.all() if channel.live(now)]

    def _refuse(self, name: str, *, done: bool) -> None:
        for entry in self._refusals:
            method, trouble, late = entry
            if late is done and fnmatchcase(name, method):
                self._refusals.remove(entry)
                if trouble is not None:
                    raise trouble
                return

    def _send(self, call: Call, subject: str | None) -> Reply:
        asked = _METHODS.request(call, quota_user=None)
        parts = urlsplit(asked.uri)
        headers = {"Authorization": f"Bearer {subject or SERVICE_ACCOUNT}"}
        body = asked.body.encode() if asked.body else b""
        target = f"{parts.path}?{parts.query}"
        return self._app.answer(Request(asked.method, target, headers, body))

    def _read(self, call: Call, reply: Reply) -> Answer:
        if reply.dropped:
            raise Unanswered("no answer") if call.once else Unavailable("no answer")
        headers = {name.lower(): value for name, value in reply.headers.items()}
        if reply.status >= 400:
            refusal = json.dumps(reply.body).encode()
            raise read_error(reply.status, headers, refusal, secrets=(), now=self.now())
        if isinstance(reply.body, bytes):
            raise Unavailable("the answer is no JSON")
        body: dict[str, Any] = json.loads(json.dumps(reply.body or {}))
        if self.tamper is not None:
            self.tamper(call, body)
        return Answer(body=body, date=read_date(headers) or self.now())


@dataclass(slots=True)
class Letter:
    """A message of Google's on its way, and when it arrives."""

    due: datetime
    message: Message


class Mail(Delivery):
    """Keeps Google's messages until a test delivers them."""

    def __init__(self, google: NearGoogle) -> None:
        super().__init__(Options(delivery_workers=1))
        self._google = google
        self.letters: list[Letter] = []

    def send(self, message: Message, delay: float = 0.0) -> None:
        due = self._google.clock.now() + timedelta(seconds=delay)
        self.letters.append(Letter(due, message))

    def take(self) -> Message | None:
        """Take the message that is due longest."""
        now = self._google.clock.now()
        due = [letter for letter in self.letters if letter.due <= now]
        if not due:
            return None
        first = min(due, key=lambda letter: letter.due)
        self.letters.remove(first)
        if not first.message.wanted():
            first.message.ended(Outcome.UNWANTED)
            return self.take()
        return first.message

    def ended(self, message: Message, outcome: Outcome) -> None:
        """Note what became of a message."""
        self.outcomes[outcome] += 1
        message.ended(outcome)
        message.done.set()


class _Time(GoogleClock):
    def __init__(self, google: NearGoogle) -> None:
        super().__init__()
        self._google = google

    def now(self) -> float:
        return self._google.now().astimezone(UTC).timestamp()


@cache
def _routed() -> Application:
    """Compile the routes once: they are the same in every world."""
    return Application(World(Options()), ROUTES)


def _application(world: World) -> Application:
    application = copy(_routed())
    application._world = world
    return application
