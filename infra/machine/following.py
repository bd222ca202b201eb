"""Follows change events: in the file of one machine, or on the topic of a cloud project."""

from __future__ import annotations

import json
import time
import uuid
from collections import deque
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

from functions.domain.errors import Misconfigured, Unavailable

Event = dict[str, Any]
_PAUSE = 0.2
_AT_ONCE = 100
_PULL = 2.0
_PATIENCE = 15.0
_KEPT = timedelta(days=1)  # the shortest life of a subscription that nobody uses


def follow_file(
    path: Path,
    *,
    back: int,
    follow: bool = True,
    length: timedelta | None = None,
    ready: Callable[[], None] = lambda: None,
) -> Iterator[Event]:
    """Give the last events of a file, then those that are added; torn lines are passed over.

    Raises:
        Misconfigured: there is no such file.
    """
    if not path.exists():
        raise Misconfigured(f"there is no file {path}: start serve with --changes {path}")
    until = None if length is None else time.monotonic() + length.total_seconds()
    with path.open("rb") as file:
        for line in deque(_lines(file), maxlen=back) if back else _skip(file):
            yield from _read(line)
        ready()
        rest = b""
        while follow and (until is None or time.monotonic() < until):
            if path.exists() and path.stat().st_size < file.tell():
                file.seek(0)  # somebody began the file anew
            rest += file.read()
            *whole, rest = rest.split(b"\n")
            for line in whole:
                yield from _read(line)
            time.sleep(_PAUSE)


def _lines(file: Any) -> Iterator[bytes]:
    """Give whole lines; one that is still being written is left for later."""
    while line := file.readline():
        if not line.endswith(b"\n"):
            file.seek(-len(line), 1)
            return
        yield line


def _skip(file: Any) -> Iterator[bytes]:
    file.seek(0, 2)
    yield from ()


def _read(line: bytes) -> Iterator[Event]:
    try:
        event = json.loads(line)
    except ValueError:
        return
    if isinstance(event, dict):
        yield event


def follow_topic(
    project: str,
    topic: str,
    *,
    length: timedelta | None = None,
    ready: Callable[[], None] = lambda: None,
) -> Iterator[Event]:
    """Give events from now on, by a subscription of our own that goes with us.

    Raises:
        Misconfigured: there is no such topic, or we may not subscribe.
        Unavailable: Pub/Sub cannot be reached.
    """
    from google.api_core import exceptions
    from google.auth.exceptions import DefaultCredentialsError, GoogleAuthError

    from infra.cloud.pubsub_setup import NO_CREDENTIALS

    try:
        yield from _subscribed(project, topic, length, ready)
    except (exceptions.NotFound, exceptions.PermissionDenied) as refused:
        raise Misconfigured(
            f"projects/{project}/topics/{topic}: {refused.message} "
            "(roles/pubsub.editor is needed to subscribe)"
        ) from None
    except DefaultCredentialsError:
        raise Misconfigured(NO_CREDENTIALS) from None
    except (exceptions.GoogleAPIError, GoogleAuthError) as failure:
        raise Unavailable(f"Pub/Sub: {type(failure).__name__}: {failure}") from failure


def _subscribed(
    project: str, topic: str, length: timedelta | None, ready: Callable[[], None]
) -> Iterator[Event]:
    from google.api_core import exceptions
    from google.pubsub_v1 import ExpirationPolicy, SubscriberClient, Subscription

    until = None if length is None else time.monotonic() + length.total_seconds()
    name = f"projects/{project}/subscriptions/watchkeeper-tail-{uuid.uuid4().hex[:12]}"
    wanted = Subscription(
        name=name,
        topic=f"projects/{project}/topics/{topic}",
        enable_message_ordering=True,
        expiration_policy=ExpirationPolicy(ttl=_KEPT),
    )
    with SubscriberClient() as client:
        client.create_subscription(request=wanted, timeout=_PATIENCE)
        ready()
        try:
            while until is None or time.monotonic() < until:
                try:
                    answer = client.pull(
                        subscription=name, max_messages=_AT_ONCE, timeout=_PULL, retry=None
                    )
                except exceptions.DeadlineExceeded:
                    continue
                found = answer.received_messages
                if found:
                    ids = [one.ack_id for one in found]
                    client.acknowledge(subscription=name, ack_ids=ids, timeout=_PATIENCE)
                for one in found:
                    yield from _read(one.message.data)
        finally:
            client.delete_subscription(subscription=name, timeout=_PATIENCE)
