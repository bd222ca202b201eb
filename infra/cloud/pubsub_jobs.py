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
from infra.cloud.patience import AT_ONCE, Patience
from infra.ordering import ordering_key

GLOBAL = "pubsub.googleapis.com"
EMULATOR = "PUBSUB_EMULATOR_HOST"
SCOPE = "https://www.googleapis.com/auth/pubsub"
_METHOD = "/google.pubsub.v1.Publisher/Publish"
_FIRST_WAIT, _LONGEST_WAIT = 0.1, 1.0
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
        each, whole = self._patience.each.total_seconds(), self._patience.whole.total_seconds()
        # The last try begins early enough to end within the whole.
        until = time.monotonic() + whole - each
        wait = _FIRST_WAIT
        while not self._publish(request, each, last=time.monotonic() + wait > until):
            time.sleep(wait)
            wait = min(2 * wait, _LONGEST_WAIT)

    def _publish(self, request: bytes, timeout: float, *, last: bool) -> bool:
        """Tell whether it is published; what cannot pass, or not in time, is raised."""
        import grpc
        from google.auth.exceptions import GoogleAuthError

        try:
            call, headers = self._connection
            call(request, timeout=timeout, metadata=(self._routing, *headers()))
        except grpc.RpcError as error:
            code = error.code().name
            if code not in _PASSING or last:
                text = f"{self._topic} takes no messages: {code}: {error.details()}"
                raise Unavailable(text) from error
            return False
        except GoogleAuthError as error:
            text = f"{self._topic} takes no messages: {type(error).__name__}: {error}"
            raise Unavailable(text) from error
        return True

    @property
    def _connection(self) -> tuple[Callable[..., bytes], Callable[[], Headers]]:
        with self._connecting:
            return self._connected

    @cached_property
    def _connected(self) -> tuple[Callable[..., bytes], Callable[[], Headers]]:
        import grpc

        if self._emulator:
            channel = grpc.insecure_channel(self.address)
            return channel.unary_unary(_METHOD), lambda: ()
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
