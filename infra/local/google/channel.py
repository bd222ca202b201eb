"""One channel that Google opened, and the messages it sends."""

import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from infra.local.google.ask import Ask
from infra.local.google.clock import Clock, http_date, rfc3339
from infra.local.google.delivery import USER_AGENT
from infra.local.google.message import Message, Outcome
from infra.local.google.shape import Json


class State(StrEnum):
    """Where a channel is in its life."""

    LIVE = "live"
    STOPPED = "stopped"
    EXPIRED = "expired"


@dataclass(slots=True, kw_only=True, eq=False)
class Channel:
    """A channel; `resource` names what is watched, `event` (Directory, Reports) which events."""

    ask: Ask
    method: str
    account: str
    resource: str
    resource_id: str
    resource_uri: str
    event: str
    opened_at: float
    state: State = State.LIVE
    number: int = 0
    grace: int = 0  # messages still sent after a stop
    silent: bool = False
    pending: int = 0
    counts: Counter[str] = field(default_factory=Counter)

    def live(self, now: float) -> bool:
        """Tell whether the channel is neither stopped nor expired."""
        return self.state is State.LIVE and now < self.ask.expiration

    def wanted(self, now: float) -> bool:
        """Tell whether the channel still sends: it lives, or goes on a little after its stop."""
        return self.live(now) or (
            self.state is State.STOPPED and self.grace > 0 and now < self.ask.expiration
        )

    def answer(self) -> Json:
        """Tell what the `watch` call answers."""
        answer = {
            "kind": "api#channel",
            "id": self.ask.id,
            "resourceId": self.resource_id,
            "resourceUri": self.resource_uri,
            "expiration": str(round(self.ask.expiration * 1000)),
        }
        return answer if self.ask.token is None else answer | {"token": self.ask.token}

    def summary(self, now: float) -> Json:
        """Tell all about the channel, but its token."""
        over = self.state is State.LIVE and not self.live(now)
        return {
            "id": self.ask.id,
            "method": self.method,
            "account": self.account,
            "resource": self.resource,
            "resourceId": self.resource_id,
            "address": self.ask.address,
            "state": State.EXPIRED if over else self.state,
            "silent": self.silent,
            "openedAt": rfc3339(self.opened_at),
            "expiration": rfc3339(self.ask.expiration),
            "lastNumber": self.number,
            "messages": dict(self.counts),
            "pending": self.pending,
        }

    def message(
        self,
        headers: Mapping[str, str],
        body: Json | None,
        *,
        clock: Clock,
        ended: Callable[[Outcome], None],
    ) -> Message:
        """Make a message of this channel ready to be sent."""
        allowed = self.state is State.STOPPED  # made after the stop, on purpose
        return Message(
            lane=self.ask.id,
            address=self.ask.address,
            headers=dict(headers) | ({"Content-Type": "application/json"} if body else {}),
            body=json.dumps(body).encode() if body else b"",
            wanted=lambda: allowed or self.live(clock.now()),
            ended=ended,
        )


def message_headers(channel: Channel, state: str, changed: Sequence[str]) -> dict[str, str]:
    """Make the headers of the channel's next message.

    https://developers.google.com/workspace/drive/api/guides/push#understanding-notification-events
    """
    headers = {
        "User-Agent": USER_AGENT,
        "X-Goog-Channel-ID": channel.ask.id,
        "X-Goog-Channel-Expiration": http_date(channel.ask.expiration),
        "X-Goog-Message-Number": str(channel.number),
        "X-Goog-Resource-ID": channel.resource_id,
        "X-Goog-Resource-State": state,
        "X-Goog-Resource-URI": channel.resource_uri,
    }
    if channel.ask.token is not None:
        headers["X-Goog-Channel-Token"] = channel.ask.token
    if changed:
        headers["X-Goog-Changed"] = ",".join(changed)
    return headers
