"""Publishes jobs to Pub/Sub: one call each, confirmed or failed, on gRPC itself.

`receive` imports this in its cold start, and gRPC with the first notification that verifies.
Google's client, which publishes the changes, takes 0.2 s to import and half of the time that a
notification takes: a message needs three fields of it.
https://docs.cloud.google.com/pubsub/docs/reference/rpc/google.pubsub.v1#publishrequest
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from functools import cached_property

from functions.domain.errors import Unavailable
from functions.domain.job import write_job
from functions.domain.model import Job
from infra.cloud.patience import AT_ONCE, NoTokenError, Patience
from infra.ordering import ordering_key

GLOBAL = "pubsub.googleapis.com"
EMULATOR = "PUBSUB_EMULATOR_HOST"
SCOPE = "https://www.googleapis.com/auth/pubsub"
_METHOD = "/google.pubsub.v1.Publisher/Publish"
_FIRST_WAIT, _LONGEST_WAIT = 0.1, 1.0
_SHORTEST = 0.05  # seconds
# https://docs.cloud.google.com/pubsub/docs/reference/error-codes
_PASSING = frozenset(
    {
        "ABORTED",
        "CANCELLED",
        "DEADLINE_EXCEEDED",
        "INTERNAL",
        "RESOURCE_EXHAUSTED",
        "UNAVAILABLE",
        "UNKNOWN",
    }
)

Headers = tuple[tuple[str, str], ...]


class PubsubJobs:
    """The notification queue as a topic; threads may share it. Connected to at the first use.

    Args:
        topic: `projects/PROJECT/topics/TOPIC`.
        endpoint: a regional one, `REGION-pubsub.googleapis.com`: order holds within one region
            only. `PUBSUB_EMULATOR_HOST` in the environment goes before it.
        patience: how long to try.
    """

    def __init__(
        self, topic: str, *, endpoint: str | None = None, patience: Patience = AT_ONCE
    ) -> None:
        self._topic = topic
        self._emulator = os.environ.get(EMULATOR)
        self.address = self._emulator or f"{endpoint or GLOBAL}:443"
        self._patience = patience
        self._routing = ("x-goog-request-params", f"topic={topic}")
        self._connecting = threading.Lock()

    def put(self, job: Job) -> None:
        request = publish_request(self._topic, write_job(job), ordering_key(job.watch))
        until = time.monotonic() + self._patience.whole.total_seconds()
        wait = _FIRST_WAIT
        while trouble := self._publish(request, until):
            if time.monotonic() + wait >= until:
                raise trouble
            time.sleep(wait)
            wait = min(2 * wait, _LONGEST_WAIT)

    def _publish(self, request: bytes, until: float) -> Unavailable | None:
        """Try once; give the trouble if it may pass, raise it if it cannot."""
        import grpc

        try:
            call, headers = self._connection
            metadata = (self._routing, *headers(self._left(until)))
            call(request, timeout=self._left(until), metadata=metadata)
        except grpc.RpcError as error:
            code = error.code().name
            text = f"{self._topic} takes no messages: {code}: {error.details()}"
            if code not in _PASSING:
                raise Unavailable(text) from error
            return Unavailable(text)
        except NoTokenError as error:
            text = f"{self._topic} takes no messages: no token: {error}"
            if not error.passing:
                raise Unavailable(text) from error
            return Unavailable(text)
        return None

    def _left(self, until: float) -> float:
        """Give the seconds that one try may take: no more than are left of all."""
        each = self._patience.each.total_seconds()
        return max(min(each, until - time.monotonic()), _SHORTEST)

    @property
    def _connection(self) -> tuple[Callable[..., bytes], Callable[[float], Headers]]:
        with self._connecting:
            return self._connected

    @cached_property
    def _connected(self) -> tuple[Callable[..., bytes], Callable[[float], Headers]]:
        import grpc

        if self._emulator:
            channel = grpc.insecure_channel(self.address)
            return channel.unary_unary(_METHOD), lambda _: ()
        from infra.cloud.own_token import OwnToken

        channel = grpc.secure_channel(self.address, grpc.ssl_channel_credentials())
        return channel.unary_unary(_METHOD), OwnToken(SCOPE).headers


def publish_request(topic: str, data: bytes, key: str) -> bytes:
    """Give the bytes of a `PublishRequest` with one message.

    https://protobuf.dev/programming-guides/encoding/#length-types
    """
    message = _field(1, data) + _field(5, key.encode())
    return _field(1, topic.encode()) + _field(2, message)


def _field(number: int, content: bytes) -> bytes:
    length = len(content)
    size = bytearray()
    while length > 0x7F:  # noqa: PLR2004 - seven bits a byte
        size.append(length & 0x7F | 0x80)
        length >>= 7
    size.append(length)
    return bytes([number << 3 | 2]) + bytes(size) + content
