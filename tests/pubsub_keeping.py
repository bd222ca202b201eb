"""A Pub/Sub on this machine that keeps what it got: Google's published protocol over gRPC.

Google's emulator answers `seek` with UNIMPLEMENTED; this one has it, and only what a replay needs.
"""

from __future__ import annotations

import re
import threading
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import grpc
from google.protobuf.empty_pb2 import Empty  # type: ignore[import-untyped]
from google.pubsub_v1 import (
    AcknowledgeRequest,
    DeleteSubscriptionRequest,
    PublishRequest,
    PublishResponse,
    PubsubMessage,
    PullRequest,
    PullResponse,
    ReceivedMessage,
    SeekRequest,
    SeekResponse,
    Subscription,
)

LONGEST_FILTER = 256  # https://docs.cloud.google.com/pubsub/docs/subscription-message-filter
_QUOTED = r'"((?:[^"\\]|\\.)*)"'
_EQUAL = re.compile(rf"attributes\.{_QUOTED} = {_QUOTED}")
_PREFIX = re.compile(rf"hasPrefix\(attributes\.{_QUOTED}, {_QUOTED}\)")


@dataclass
class _Kept:
    """A subscription: what it wants, what is still to be delivered, what is in hand."""

    wanted: Subscription
    pending: list[PubsubMessage] = field(default_factory=list)
    in_hand: dict[str, PubsubMessage] = field(default_factory=dict)


class KeepingPubsub:
    """Topics that keep their messages, subscriptions, and what tests want to know or to break."""

    def __init__(self) -> None:
        self.topics: dict[str, list[PubsubMessage]] = {}
        self.subscriptions: dict[str, _Kept] = {}
        self.made: list[Subscription] = []
        self.deaf = 0  # pulls after a seek that give nothing yet
        self.at_once = 2
        self.slow = 0.0  # seconds that an empty pull waits
        self.failing: dict[str, grpc.StatusCode] = {}
        self.pulling = threading.Event()

    def keep(self, topic: str, data: bytes, at: datetime, **attributes: str) -> None:
        """Have a topic got a message some time ago."""
        named = {name.replace("_", "-"): text for name, text in attributes.items()}
        message = PubsubMessage(
            data=data,
            attributes=named,
            message_id=uuid.uuid4().hex,
            publish_time=at,
            ordering_key=named.get("ce-watch", "")[:1024],
        )
        self.topics.setdefault(topic, []).append(message)

    def publish(self, request: PublishRequest, context: grpc.ServicerContext) -> PublishResponse:
        """Keep messages."""
        self._existing(self.topics, request.topic, context)
        for message in request.messages:
            message.message_id = uuid.uuid4().hex
            message.publish_time = datetime.now(UTC)
            self.topics[request.topic].append(message)
        return PublishResponse(message_ids=[one.message_id for one in request.messages])

    def create(self, request: Subscription, context: grpc.ServicerContext) -> Subscription:
        """Make a subscription: it gets what comes from now on."""
        self._existing(self.topics, request.topic, context)
        if len(request.filter.encode()) > LONGEST_FILTER:
            context.abort(grpc.StatusCode.INVALID_ARGUMENT, "The filter is too long.")
        _matching(request.filter)  # an error if Google would not understand it
        self.subscriptions[request.name] = _Kept(request)
        self.made.append(request)
        return request

    def seek(self, request: SeekRequest, context: grpc.ServicerContext) -> SeekResponse:
        """Have delivered what was kept since a time."""
        kept = self._existing(self.subscriptions, request.subscription, context)
        matches = _matching(kept.wanted.filter)
        kept.pending = [
            one
            for one in self.topics[kept.wanted.topic]
            if one.publish_time >= request.time and matches(one)
        ]
        return SeekResponse()

    def pull(self, request: PullRequest, context: grpc.ServicerContext) -> PullResponse:
        """Give some of what is pending; of an ordering key nothing while some is in hand."""
        kept = self._existing(self.subscriptions, request.subscription, context)
        self.pulling.set()
        if code := self.failing.get("pull"):
            context.abort(code, "broken on purpose")
        if self.deaf or not kept.pending:
            self.deaf = max(self.deaf - 1, 0)
            threading.Event().wait(self.slow)
            return PullResponse()
        keys = {one.ordering_key for one in kept.in_hand.values() if one.ordering_key}
        given = [one for one in kept.pending if one.ordering_key not in keys][: self.at_once]
        found = []
        for message in given:
            kept.pending.remove(message)
            kept.in_hand[message.message_id] = message
            found.append(ReceivedMessage(ack_id=message.message_id, message=message))
        return PullResponse(received_messages=found)

    def acknowledge(self, request: AcknowledgeRequest, context: grpc.ServicerContext) -> Empty:
        """Note what is done."""
        kept = self._existing(self.subscriptions, request.subscription, context)
        for id_ in request.ack_ids:
            kept.in_hand.pop(id_, None)
        return Empty()

    def delete(self, request: DeleteSubscriptionRequest, context: grpc.ServicerContext) -> Empty:
        """End a subscription."""
        self._existing(self.subscriptions, request.subscription, context)
        del self.subscriptions[request.subscription]
        return Empty()

    def _existing(self, found: dict[str, Any], name: str, context: grpc.ServicerContext) -> Any:
        if name not in found:
            context.abort(grpc.StatusCode.NOT_FOUND, f"Resource not found (resource={name}).")
        return found[name]


def _matching(text: str) -> Callable[[PubsubMessage], bool]:
    """Read a filter of the two kinds that we make; none takes everything."""
    if not text:
        return lambda _: True
    if found := _EQUAL.fullmatch(text):
        name, value = (re.sub(r"\\(.)", r"\1", part) for part in found.groups())
        return lambda message: message.attributes.get(name) == value
    found = _PREFIX.fullmatch(text)
    assert found is not None, f"Google would not understand {text}"
    name, value = (re.sub(r"\\(.)", r"\1", part) for part in found.groups())
    return lambda message: message.attributes.get(name, "").startswith(value)


@contextmanager
def serve_pubsub(pubsub: KeepingPubsub) -> Iterator[str]:
    """Serve it for the length of the block; gives `host:port`."""
    with ThreadPoolExecutor(4) as pool:
        server = grpc.server(pool)
        port = server.add_insecure_port("127.0.0.1:0")
        for service, handlers in _services(pubsub).items():
            generic = grpc.method_handlers_generic_handler(f"google.pubsub.v1.{service}", handlers)
            server.add_generic_rpc_handlers((generic,))
        server.start()
        try:
            yield f"127.0.0.1:{port}"
        finally:
            server.stop(None).wait()


def _services(pubsub: KeepingPubsub) -> dict[str, dict[str, grpc.RpcMethodHandler]]:
    return {
        "Publisher": {"Publish": _handler(pubsub.publish, PublishRequest, PublishResponse)},
        "Subscriber": {
            "CreateSubscription": _handler(pubsub.create, Subscription, Subscription),
            "Seek": _handler(pubsub.seek, SeekRequest, SeekResponse),
            "Pull": _handler(pubsub.pull, PullRequest, PullResponse),
            "Acknowledge": _handler(pubsub.acknowledge, AcknowledgeRequest, None),
            "DeleteSubscription": _handler(pubsub.delete, DeleteSubscriptionRequest, None),
        },
    }


def _handler(method: Callable[..., Any], request: Any, answer: Any) -> grpc.RpcMethodHandler:
    write = answer.serialize if answer else Empty.SerializeToString
    return grpc.unary_unary_rpc_method_handler(
        method, request_deserializer=request.deserialize, response_serializer=write
    )
