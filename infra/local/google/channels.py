"""Every channel opened so far: opened, stopped, expired, and told of changes."""

import base64
import hashlib
import threading
from collections import deque
from collections.abc import Mapping, Sequence
from random import Random

from infra.local.google.ask import read_ask
from infra.local.google.channel import Channel, State, message_headers
from infra.local.google.clock import Clock
from infra.local.google.errors import GoogleError
from infra.local.google.faults import Kind
from infra.local.google.message import Message, Outcome
from infra.local.google.options import Options
from infra.local.google.sender import About, Sender
from infra.local.google.shape import Json

REMEMBERED = 20_000  # ended channels


class Channels:
    """Channels by id and by what they watch."""

    def __init__(self, *, options: Options, clock: Clock, random: Random, sender: Sender) -> None:
        self._options, self._clock, self._random = options, clock, random
        self._sender = sender
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
                resource_id=_resource_id(account, resource),
                resource_uri=uri,
                event=event,
                opened_at=now,
            )
            for each in list(self._watching.get(resource, ())):
                self._tidy(each)
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
            late = self._sender.draw(Kind.AFTER_STOP, _about(channel, ""))
            channel.grace = late.count if late else 0
            self._tidy(channel)

    def notify(
        self,
        resource: str,
        state: str,
        *,
        changed: Sequence[str] = (),
        body: Json | None = None,
        payload: Json | None = None,
    ) -> None:
        """Tell the channels on a resource that something changed.

        The body goes to all of them, the payload to those that asked for it.
        """
        if resource not in self._watching:
            return
        with self._lock:
            for channel in list(self._watching.get(resource, ())):
                if channel.state is State.LIVE and not channel.live(self._clock.now()):
                    channel.state = State.EXPIRED
                self._tidy(channel)
                if channel.wanted(self._clock.now()) and channel.event in {"", state}:
                    more = payload if channel.ask.payload else None
                    self._tell(channel, state, changed=changed, body=body or more)

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
        about = _about(channel, state)
        if self._sender.draw(Kind.SILENCE, about):
            channel.silent = True
        if not channel.silent and channel.pending >= self._options.pending_limit:
            channel.counts["merged"] += 1
            return None
        headers = message_headers(channel, state, changed)
        message = None
        if not channel.silent:
            message = self._sender.send(lambda: self._message(channel, headers, body), about)
        if message is None:
            channel.counts["lost"] += 1
        return message

    def _message(self, channel: Channel, headers: Mapping[str, str], body: Json | None) -> Message:
        def ended(outcome: Outcome) -> None:
            with self._lock:
                channel.pending -= 1
                channel.counts[outcome] += 1

        channel.pending += 1
        return channel.message(headers, body, clock=self._clock, ended=ended)

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


def _about(channel: Channel, state: str) -> About:
    return About(method=channel.method, account=channel.account, target=channel.ask.id, state=state)


def _resource_id(account: str, resource: str) -> str:
    """Make the id of a watched resource: the same for all channels of an account on it."""
    digest = hashlib.sha256(f"{account} {resource}".encode()).digest()
    return base64.urlsafe_b64encode(digest)[:27].decode()
