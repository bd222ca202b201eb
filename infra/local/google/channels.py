"""Every channel opened so far: opened, stopped, expired, and told of changes."""

import base64
import hashlib
import threading
from collections import deque
from collections.abc import Mapping, Sequence
from random import Random

from infra.local.google.ask import read_ask
from infra.local.google.call import Json
from infra.local.google.channel import Channel, State, message_headers
from infra.local.google.clock import Clock
from infra.local.google.delivery import Delivery
from infra.local.google.errors import GoogleError
from infra.local.google.faults import Fault, Faults, Kind
from infra.local.google.message import Message, Outcome
from infra.local.google.options import Options

REMEMBERED = 20_000  # ended channels


class Channels:
    """Channels by id and by what they watch."""

    def __init__(
        self, *, options: Options, clock: Clock, random: Random, faults: Faults, delivery: Delivery
    ) -> None:
        self._options, self._clock, self._random = options, clock, random
        self._faults, self._delivery = faults, delivery
        self._lock = threading.RLock()
        self._by_id: dict[str, Channel] = {}
        self._watching: dict[str, list[Channel]] = {}
        self._ended: deque[str] = deque()

    def open(
        self, body: Json, *, method: str, account: str, resource: str, uri: str, event: str = ""
    ) -> tuple[Channel, Message | None]:
        """Open a channel on a resource and send its `sync` message, number 1."""
        now = self._clock.now()
        ask = read_ask(body, method=method, now=now, max_life=self._options.max_life)
        with self._lock:
            if ask.id in self._by_id:
                text = f"Channel id {ask.id} not unique"
                raise GoogleError("channelIdNotUnique", text)
            channel = Channel(
                ask=ask,
                method=method,
                account=account,
                resource=resource,
                resource_id=_resource_id(resource),
                resource_uri=uri,
                event=event,
                opened_at=now,
            )
            self._by_id[ask.id] = channel
            self._watching.setdefault(resource, []).append(channel)
        return channel, self._tell(channel, "sync")

    def stop(self, *, api: str, account: str, channel_id: str, resource_id: str) -> None:
        """Stop a channel; only who opened it can, with id and resource id."""
        with self._lock:
            channel = self._by_id.get(channel_id)
            if (
                channel is None
                or not channel.live(self._clock.now())
                or channel.resource_id != resource_id
                or channel.account != account
                or channel.method.split(".")[0] != api
            ):
                raise GoogleError(
                    "channelNotFound", f"Channel '{channel_id}' not found for project '1'"
                )
            channel.state = State.STOPPED
            late = self._draw(Kind.AFTER_STOP, channel, "")
            channel.grace = late.count if late else 0
            self._tidy(channel)

    def notify(
        self,
        resource: str,
        state: str,
        *,
        changed: Sequence[str] = (),
        body: Json | None = None,
        event: str = "",
    ) -> None:
        """Tell the channels on a resource that something changed."""
        if resource not in self._watching:
            return
        with self._lock:
            for channel in list(self._watching.get(resource, ())):
                if channel.state is State.LIVE and not channel.live(self._clock.now()):
                    channel.state = State.EXPIRED
                self._tidy(channel)
                if channel.wanted(self._clock.now()) and channel.event in {"", event}:
                    self._tell(channel, state, changed=changed, body=body)

    def silence(self, channel_id: str) -> bool:
        """Let a channel die in silence: alive, but it never sends again."""
        channel = self._by_id.get(channel_id)
        if channel:
            channel.silent = True
        return channel is not None

    def all(self) -> list[Channel]:
        """List every channel that is remembered, oldest first."""
        with self._lock:
            return list(self._by_id.values())

    def _tell(
        self, channel: Channel, state: str, *, changed: Sequence[str] = (), body: Json | None = None
    ) -> Message | None:
        channel.number += 1 if not channel.number else self._random.randint(1, 100_000)
        if channel.state is State.STOPPED:
            channel.grace -= 1
        if self._draw(Kind.SILENCE, channel, state):
            channel.silent = True
        if channel.silent or self._draw(Kind.DROP, channel, state):
            channel.counts["lost"] += 1
            return None
        if channel.pending >= self._options.pending_limit:
            channel.counts["merged"] += 1
            return None
        copies = 2 if self._draw(Kind.DUPLICATE, channel, state) else 1
        for _ in range(copies):
            message = self._message(channel, message_headers(channel, state, changed), body)
            self._delivery.send(message, self._delay(channel, state))
        return message

    def _message(self, channel: Channel, headers: Mapping[str, str], body: Json | None) -> Message:
        def ended(outcome: Outcome) -> None:
            with self._lock:
                channel.pending -= 1
                channel.counts[outcome] += 1

        channel.pending += 1
        return channel.message(headers, body, clock=self._clock, ended=ended)

    def _delay(self, channel: Channel, state: str) -> float:
        late = self._draw(Kind.DELAY, channel, state)
        swap = self._draw(Kind.REORDER, channel, state)
        delay = late.seconds if late else 0.0
        return delay + (self._random.uniform(0, swap.seconds) if swap else 0.0)

    def _draw(self, kind: Kind, channel: Channel, state: str) -> Fault | None:
        return self._faults.draw(
            kind,
            method=channel.method,
            account=channel.account,
            target=channel.ask.id,
            state=state,
        )

    def _tidy(self, channel: Channel) -> None:
        if channel.wanted(self._clock.now()):
            return
        watching = self._watching.get(channel.resource, [])
        if channel in watching:
            watching.remove(channel)
            self._ended.append(channel.ask.id)
        if not watching:
            self._watching.pop(channel.resource, None)
        while len(self._ended) > REMEMBERED:
            self._by_id.pop(self._ended.popleft(), None)


def _resource_id(resource: str) -> str:
    """Make the id of a watched resource: the same for all channels on it."""
    digest = hashlib.sha256(resource.encode()).digest()
    return base64.urlsafe_b64encode(digest)[:27].decode()
