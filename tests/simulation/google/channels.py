"""The model of Google's channels: opened, stopped, expired, dying in silence, never listed."""

from __future__ import annotations

import hashlib
import json
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from typing import Any

from functions.domain.errors import ChannelExists, Refused
from functions.domain.model import Verdict
from functions.domain.token import key_of
from infra.local.google.clock import http_date
from tests.simulation.google.truth import EPOCH
from tests.simulation.timeline import Timeline

RETRIED = {500, 502, 503, 504}
ATTEMPTS = 7


@dataclass(slots=True, kw_only=True, eq=False)
class Line:
    """One channel as Google has it; times are the simulation's."""

    id: str
    watch: str
    token: str
    address: str
    account: str
    resource: str
    opened: float
    expires: float
    number: int = 0
    silent: bool = False
    stopped: bool = False
    heard: float | None = None  # when a message of it was first taken
    lost: bool = False  # nothing of it was told to us: its watch call got no answer
    headers: dict[str, str] = field(default_factory=dict)

    def lives(self, now: float) -> bool:
        """Tell whether it is neither stopped nor expired."""
        return not self.stopped and now < self.expires


Post = Callable[[Line, dict[str, str], bytes, Callable[[int], object]], object]


@dataclass(slots=True, kw_only=True)
class Letter:
    """A message on its way."""

    line: Line
    headers: dict[str, str]
    body: bytes
    made: float
    about: str | None  # the one item that it names
    attempts: int = 0


class Lines:
    """All channels, and what happens to their messages."""

    def __init__(self, timeline: Timeline, random: Random) -> None:
        self._timeline, self._random = timeline, random
        self.by_id: dict[str, Line] = {}
        self.watching: defaultdict[str, list[Line]] = defaultdict(list)
        self.longest = 7 * 86_400.0
        self.drops = self.doubles = self.delays = self.deaths = self.afterlives = 0.0
        self.longest_delay = 10.0
        self.counts: Counter[str] = Counter()
        self.post: Post = lambda *_: None
        self.opened: Callable[[Line], object] = lambda _: None
        self.ended: Callable[[Line], object] = lambda _: None
        self.unheard: Callable[[Line], object] = lambda _: None
        self.taken: Callable[[Line, float, str | None], object] = lambda *_: None

    def open(self, body: dict[str, Any], *, account: str, resource: str, watch: str) -> Line:
        """Open a channel and send its `sync` message."""
        now = self._timeline.now
        if body["id"] in self.by_id:
            raise ChannelExists("400 channelIdNotUnique")
        asked = int(body["expiration"]) / 1000 - EPOCH
        line = Line(
            id=body["id"],
            watch=watch,
            token=body["token"],
            address=body["address"],
            account=account,
            resource=resource,
            opened=now,
            expires=min(asked, now + self.longest),
        )
        line.headers = self._headers(line)
        self.by_id[line.id] = line
        self.watching[resource] = [each for each in self.watching[resource] if each.lives(now)]
        self.watching[resource].append(line)
        self.counts["opened"] += 1
        self._timeline.at(line.expires, lambda: self._expire(line))
        self.opened(line)
        self.send(line, "sync", None)
        if self._random.random() < self.deaths:
            self._timeline.at(
                now + self._random.random() * (line.expires - now), lambda: self._die(line)
            )
        return line

    def stop(self, body: dict[str, Any], *, account: str) -> None:
        """Stop a channel, if this account made it."""
        now = self._timeline.now
        line = self.by_id.get(body["id"])
        if line is None or not line.lives(now) or _resource_id(line) != body["resourceId"]:
            raise Refused("404: Channel not found", Verdict.NOT_FOUND)
        if line.account != account:
            raise Refused("403: another account made it", Verdict.UNAUTHORIZED)
        if self._random.random() < self.afterlives:
            self._timeline.after(1.0, lambda: self._send(line, "change", None))
        line.stopped = True
        self.counts["stopped"] += 1
        self.ended(line)

    def notify(self, resource: str, state: str, body: dict[str, Any] | None) -> None:
        """Tell all channels of a resource that something happened."""
        now = self._timeline.now
        for line in self.watching.get(resource, ()):
            if line.lives(now):
                self.send(line, state, body)

    def send(self, line: Line, state: str, body: dict[str, Any] | None) -> None:
        """Send a message, or lose it."""
        if line.silent:
            self.counts["silence"] += 1
            return
        self._send(line, state, body)

    def alive(self) -> list[Line]:
        """List the channels that live."""
        now = self._timeline.now
        return [line for lines in self.watching.values() for line in lines if line.lives(now)]

    def _send(self, line: Line, state: str, body: dict[str, Any] | None) -> None:
        line.number += 1 if state == "sync" else self._random.randint(1, 3)
        lot = self._random.random
        if lot() < self.drops:
            self.counts["dropped"] += 1
            self._not_heard(line)
            return
        headers = {
            **line.headers,
            "X-Goog-Message-Number": str(line.number),
            "X-Goog-Resource-State": state,
        }
        data = json.dumps(body).encode() if body and state != "sync" else b""
        about = body["id"] if body and isinstance(body["id"], str) else None
        post = Letter(line=line, headers=headers, body=data, made=self._timeline.now, about=about)
        late = lot() < self.delays
        self._later(post, lot() * (self.longest_delay if late else 0.5))
        if lot() < self.doubles:
            self.counts["doubled"] += 1
            self._later(post, lot() * self.longest_delay)

    def _later(self, post: Letter, wait: float) -> None:
        self._timeline.after(wait, lambda: self._attempt(post))

    def _attempt(self, post: Letter) -> None:
        if not post.line.lives(self._timeline.now) and not self.afterlives:
            return
        post.attempts += 1
        self.counts["messages"] += 1
        self.post(post.line, post.headers, post.body, lambda status: self._answered(post, status))

    def _answered(self, post: Letter, status: int) -> None:
        line = post.line
        if status == 204:
            if line.heard is None:
                line.heard = self._timeline.now
            self.taken(line, post.made, post.about)
        elif status in RETRIED and post.attempts < ATTEMPTS:
            self.counts["retried"] += 1
            self._later(post, 2.0**post.attempts)
        else:
            self.counts["lost"] += 1
        if status != 204:
            self._not_heard(line)

    def _not_heard(self, line: Line) -> None:
        if line.heard is None:
            self.unheard(line)

    def _die(self, line: Line) -> None:
        if line.lives(self._timeline.now):
            line.silent = True
            self.counts["died in silence"] += 1

    def _expire(self, line: Line) -> None:
        if not line.stopped:
            self.counts["expired"] += 1
            self.ended(line)
        self.by_id.pop(line.id, None)

    def _headers(self, line: Line) -> dict[str, str]:
        return {
            "X-Goog-Channel-ID": line.id,
            "X-Goog-Channel-Token": line.token,
            "X-Goog-Channel-Expiration": http_date(EPOCH + line.expires),
            "X-Goog-Resource-ID": _resource_id(line),
            "X-Goog-Resource-URI": "https://www.googleapis.com/simulated",
        }


def answer_of(line: Line) -> dict[str, Any]:
    """Give what the watch call answers."""
    return {
        "kind": "api#channel",
        "id": line.id,
        "resourceId": _resource_id(line),
        "resourceUri": "https://www.googleapis.com/simulated",
        "expiration": str(round((EPOCH + line.expires) * 1000)),
    }


def key_used(line: Line) -> str:
    """Name the key that signed a channel's token."""
    return key_of(line.token)


def _resource_id(line: Line) -> str:
    digest = hashlib.sha256(f"{line.account} {line.resource}".encode()).hexdigest()
    return digest[:27]
