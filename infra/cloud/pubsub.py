"""Publishes changes to Pub/Sub: each request is one synchronous call, confirmed or failed.

The client is the plain one of `google.pubsub_v1`: the one of `google.cloud.pubsub_v1` works in a
thread that a function's CPU does not reach, and pauses an ordering key after a failure.
https://docs.cloud.google.com/pubsub/docs/ordering https://docs.cloud.google.com/pubsub/docs/retry-requests
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property

from google.api_core import exceptions
from google.api_core.client_options import ClientOptions
from google.api_core.retry import Retry, if_exception_type
from google.api_core.timeout import ConstantTimeout
from google.auth.exceptions import GoogleAuthError
from google.pubsub_v1 import PublisherClient, PubsubMessage

from functions.domain.errors import Unavailable
from functions.domain.event import Event
from infra.cloud.patience import AT_EASE, Patience
from infra.cloudevent import Encoded, encode
from infra.ordering import ordering_key

MOST_MESSAGES = 1000  # a request; https://docs.cloud.google.com/pubsub/quotas#resource_limits
MOST_BYTES = 9_900_000  # a request has 10 MB at most, the name of its topic included

_PASSING = if_exception_type(
    exceptions.Aborted,
    exceptions.Cancelled,
    exceptions.DeadlineExceeded,
    exceptions.InternalServerError,
    exceptions.ResourceExhausted,
    exceptions.ServiceUnavailable,
    exceptions.Unknown,
)


class Topic:
    """One topic to publish to; threads may share it. The client is made at the first use.

    Args:
        name: `projects/PROJECT/topics/TOPIC`.
        endpoint: a regional one, `REGION-pubsub.googleapis.com`: order holds within one region
            only. `PUBSUB_EMULATOR_HOST` in the environment goes before it.
        patience: how long to try.
    """

    def __init__(self, name: str, *, endpoint: str | None, patience: Patience) -> None:
        self._name = name
        self._endpoint = endpoint
        self._patience = patience

    def publish(self, messages: list[PubsubMessage]) -> None:
        """Publish messages of one ordering key by one request; `Unavailable` if it fails."""
        each, whole = self._patience.each.total_seconds(), self._patience.whole.total_seconds()
        # The last try begins early enough to end within the whole.
        retry = Retry(_PASSING, initial=0.1, maximum=1.0, multiplier=2.0, timeout=whole - each)
        # A plain number would be shared by all tries instead of being given to each.
        timeout = ConstantTimeout(each)  # type: ignore[no-untyped-call]
        try:
            self._client.publish(topic=self._name, messages=messages, retry=retry, timeout=timeout)
        except (exceptions.GoogleAPIError, GoogleAuthError) as error:
            reason = getattr(error, "cause", None) or error
            text = f"{self._name} takes no messages: {type(reason).__name__}: {reason}"
            raise Unavailable(text) from error

    @cached_property
    def _client(self) -> PublisherClient:
        return PublisherClient(client_options=ClientOptions(api_endpoint=self._endpoint))


class PubsubChanges:
    """The queue of changes as a topic."""

    def __init__(
        self, topic: str, *, endpoint: str | None = None, patience: Patience = AT_EASE
    ) -> None:
        self._topic = Topic(topic, endpoint=endpoint, patience=patience)

    def tell(self, events: Sequence[Event]) -> None:
        for request in requests(_message(event) for event in events):
            self._topic.publish(request)

    def repeat(self, watch: str, events: Iterable[Encoded]) -> None:
        """Publish events of a watch that were encoded before."""
        key = ordering_key(watch)
        messages = (
            PubsubMessage(data=each.data, attributes=each.attributes, ordering_key=key)
            for each in events
        )
        for request in requests(messages):
            self._topic.publish(request)


def requests(
    messages: Iterable[PubsubMessage], *, most: int = MOST_MESSAGES, most_bytes: int = MOST_BYTES
) -> Iterator[list[PubsubMessage]]:
    """Split messages into what one request may hold, in order: one key, so many, so large."""
    request: list[PubsubMessage] = []
    size = 0
    for message in messages:
        length = _size(message)
        other = bool(request) and request[-1].ordering_key != message.ordering_key
        if request and (other or len(request) == most or size + length > most_bytes):
            yield request
            request, size = [], 0
        request.append(message)
        size += length
    if request:
        yield request


def _message(event: Event) -> PubsubMessage:
    encoded = encode(event)
    return PubsubMessage(
        data=encoded.data, attributes=encoded.attributes, ordering_key=ordering_key(event.watch)
    )


def _size(message: PubsubMessage) -> int:
    tag_and_length = 6
    return int(PubsubMessage.pb(message).ByteSize()) + tag_and_length
