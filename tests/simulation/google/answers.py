"""The port `Google`: every call is answered by the model, unless the weather is against it."""

from __future__ import annotations

from base64 import urlsafe_b64decode
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from functions.domain.errors import (
    RateLimited,
    Refused,
    Trouble,
    Unanswered,
    Unavailable,
    Unwatchable,
)
from functions.domain.mailbox import mailbox_name
from functions.domain.model import Verdict
from functions.sources.call import Answer, Call
from tests.simulation.gate import Gate
from tests.simulation.google.boxes import Boxes
from tests.simulation.google.calendar import Calendar
from tests.simulation.google.channels import Lines, answer_of
from tests.simulation.google.directory import Directory
from tests.simulation.google.drive import Drive
from tests.simulation.google.mail import Mail
from tests.simulation.google.reports import Reports
from tests.simulation.google.truth import Collection, Ground
from tests.simulation.timeline import Timeline
from tests.world.ahead import AtOnce

MAKERS: dict[str, type[Collection]] = {
    "drive": Drive,
    "calendar": Calendar,
    "directory": Directory,
    "reports": Reports,
    "gmail": Mail,
}
STOPS = {"channels.stop", "users.stop"}


class ModelGoogle(AtOnce):
    """All collections and channels, and what the weather makes of a call."""

    def __init__(
        self, timeline: Timeline, gate: Gate, ground: Ground, lines: Lines, boxes: Boxes
    ) -> None:
        self._timeline, self._gate = timeline, gate
        self.ground, self.lines, self.boxes = ground, lines, boxes
        self.collections: dict[str, Collection] = {}
        self.errors = self.limits = self.lost = 0.0  # how likely a call meets them
        self.silences = 0.0  # how likely a call that opens a channel gets no answer
        self.limit = timedelta(minutes=5)
        self.revoked: set[str] = set()  # accounts
        self.deaf: set[str] = set()  # resources that send no notifications now
        self.stubborn = False  # whether it stops no channel now
        self.calls: Counter[str] = Counter()
        self.refused: Callable[[str | None, Call, Trouble], object] = lambda *_: None
        self.asked: Callable[[str | None, Call], object] = lambda *_: None

    def collection(self, key: str) -> Collection:
        """Give a collection, made when it is first asked for."""
        if key not in self.collections:
            self.collections[key] = MAKERS[key.partition(" ")[0]](key, self.ground)
        return self.collections[key]

    def call(self, call: Call, *, subject: str | None) -> Answer:
        self._gate.before("google.call")
        name = f"{call.api}.{call.method}"
        self.calls[name] += 1
        watch = self._watch_of(call, subject or "")
        self.asked(watch, call)
        try:
            self._weather(call, subject or "")
            date = self.ground.date()
            body = self._answer(call, subject or "", watch)
            self._lose(call)
        except Trouble as trouble:
            self.refused(watch, call, trouble)
            raise
        self._gate.after("google.call")
        return Answer(body=body, date=date)

    def _lose(self, call: Call) -> None:
        opens = call.method.endswith("watch")
        lost = max(self.lost, self.silences if opens else 0.0)
        if lost and self.ground.random.random() < lost:
            raise (Unanswered if opens else Unavailable)("no answer")

    def _watch_of(self, call: Call, subject: str) -> str | None:
        if call.api == "gmail" and call.method in {"users.watch", "users.stop"}:
            return mailbox_name(subject)
        if call.body is not None and "token" in call.body:
            name = str(call.body["token"]).split(".")[2]
            return urlsafe_b64decode(name + "=" * (-len(name) % 4)).decode()
        if call.body is not None and call.method == "channels.stop":
            line = self.lines.by_id.get(call.body["id"])
            return line.watch if line else None
        run = self._timeline.running
        return run.watch if run else None

    def _weather(self, call: Call, subject: str) -> None:
        draw = self.ground.random.random
        if subject in self.revoked:
            raise Refused("403: access was revoked", Verdict.UNAUTHORIZED)
        if self.stubborn and call.method in STOPS:
            raise Unavailable("503: backendError")
        if self.errors and draw() < self.errors:
            raise Unavailable("503: backendError")
        if self.limits and draw() < self.limits:
            raise RateLimited("429: slow down", self.limit * draw(), asked=True)
        if call.once and self.deaf and resource_of(call, subject) in self.deaf:
            raise Unwatchable("400: pushNotSupportedForRequestedResource")

    def _answer(self, call: Call, subject: str, watch: str | None) -> dict[str, Any]:
        if call.method == "channels.stop":
            self.lines.stop(dict(call.body or {}), account=subject)
            return {}
        if call.api == "gmail" and call.method in {"users.watch", "users.stop"}:
            return self._attend_box(call, subject)
        resource = resource_of(call, subject)
        if call.method.endswith(".watch"):
            body = dict(call.body or {})
            return answer_of(
                self.lines.open(body, account=subject, resource=resource, watch=watch or "")
            )
        return self.collection(collection_of(call, subject)).answer(call)

    def _attend_box(self, call: Call, subject: str) -> dict[str, Any]:
        if call.method == "users.stop":
            self.boxes.stop(subject)
            return {}
        mail = self.collection(collection_of(call, subject))
        assert isinstance(mail, Mail)
        return self.boxes.watch(dict(call.body or {}), mail)


def collection_of(call: Call, subject: str) -> str:
    """Name the collection that a call is about."""
    if call.api == "drive":
        return f"drive {subject}"
    if call.api == "calendar":
        return f"calendar {call.params.get('calendarId', '')} {subject}"
    if call.api == "gmail":
        return f"gmail {subject}"
    if call.version == "directory_v1":
        return "directory my_customer"
    return "reports admin"


def resource_of(call: Call, subject: str) -> str:
    """Name what a watch call wants watched."""
    key = collection_of(call, subject)
    return f"{key} {call.params['fileId']}" if call.method == "files.watch" else key
