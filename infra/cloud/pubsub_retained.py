"""Reads what a topic has kept, by a subscription of our own that goes with us.

https://docs.cloud.google.com/pubsub/docs/replay-overview
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime, timedelta

from google.api_core import exceptions
from google.auth.exceptions import DefaultCredentialsError, GoogleAuthError
from google.pubsub_v1 import (
    ExpirationPolicy,
    PubsubMessage,
    SeekRequest,
    SubscriberClient,
    Subscription,
)

from functions.domain.errors import Misconfigured, Unavailable
from infra.cloud.pubsub_setup import NO_CREDENTIALS

_KEPT = timedelta(days=1)  # the shortest life of a subscription that nobody uses
_PATIENCE = 15.0
_PULL = 5.0
_EMPTY = 3  # answers without messages, in a row, mean the end
_EMPTY_AT_FIRST = 6  # a seek takes its time to be heard of everywhere
_LONGEST_FILTER = (
    256  # bytes; https://docs.cloud.google.com/pubsub/docs/subscription-message-filter
)
_AT_ONCE = 500


def retained(topic: str, watch: str, *, since: datetime) -> Iterator[PubsubMessage]:
    """Give what the topic has kept of a watch since a time, in the order of publication.

    Raises:
        Misconfigured: there is no such topic, or we may not subscribe.
        Unavailable: Pub/Sub cannot be reached.
    """
    try:
        yield from _retained(topic, watch, since)
    except (exceptions.NotFound, exceptions.PermissionDenied) as refused:
        raise Misconfigured(
            f"{topic}: {refused.message} (roles/pubsub.editor is needed to replay)"
        ) from None
    except DefaultCredentialsError:
        raise Misconfigured(NO_CREDENTIALS) from None
    except exceptions.MethodNotImplemented:
        raise Misconfigured("Pub/Sub's emulator keeps nothing to replay") from None
    except (exceptions.GoogleAPIError, GoogleAuthError) as failure:
        raise Unavailable(f"Pub/Sub: {type(failure).__name__}: {failure}") from failure


def filter_of(watch: str) -> str:
    """Give the filter of a watch's messages; of a very long name it tells the beginning.

    A backslash goes before a quotation mark, and before itself.
    """
    text = watch.replace("\\", "\\\\").replace('"', '\\"')
    exact = f'attributes."ce-watch" = "{text}"'
    if len(exact.encode()) <= _LONGEST_FILTER:
        return exact
    begins = watch.encode()[:100].decode(errors="ignore")
    text = begins.replace("\\", "\\\\").replace('"', '\\"')
    return f'hasPrefix(attributes."ce-watch", "{text}")'


def _retained(topic: str, watch: str, since: datetime) -> Iterator[PubsubMessage]:
    project = topic.split("/")[1]
    name = f"projects/{project}/subscriptions/watchkeeper-replay-{uuid.uuid4().hex[:12]}"
    wanted = Subscription(
        name=name,
        topic=topic,
        filter=filter_of(watch),
        enable_message_ordering=True,
        ack_deadline_seconds=60,
        expiration_policy=ExpirationPolicy(ttl=_KEPT),
    )
    with SubscriberClient() as client:
        try:
            client.create_subscription(request=wanted, timeout=_PATIENCE)
            client.seek(request=SeekRequest(subscription=name, time=since), timeout=_PATIENCE)
            for message in _pulled(client, name):
                if message.attributes.get("ce-watch") == watch:
                    yield message
        finally:
            with suppress(exceptions.GoogleAPIError):  # unused it goes by itself, in a day
                client.delete_subscription(subscription=name, timeout=_PATIENCE)


def _pulled(client: SubscriberClient, name: str) -> Iterator[PubsubMessage]:
    empty, most = 0, _EMPTY_AT_FIRST
    while empty < most:
        try:
            answer = client.pull(
                subscription=name, max_messages=_AT_ONCE, timeout=_PULL, retry=None
            )
        except exceptions.DeadlineExceeded:
            empty += 1
            continue
        found = answer.received_messages
        empty, most = (0, _EMPTY) if found else (empty + 1, most)
        for one in found:
            yield one.message
        if found:
            ids = [one.ack_id for one in found]
            client.acknowledge(subscription=name, ack_ids=ids, timeout=_PATIENCE)
