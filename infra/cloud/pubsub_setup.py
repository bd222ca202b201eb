"""Makes topics and subscriptions where Terraform does not: on Pub/Sub's emulator.

https://docs.cloud.google.com/pubsub/docs/emulator
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

from google.api_core.exceptions import AlreadyExists, GoogleAPIError, NotFound
from google.api_core.retry import Retry
from google.pubsub_v1 import (
    PublisherClient,
    PushConfig,
    RetryPolicy,
    SubscriberClient,
    Subscription,
)

from functions.domain.errors import Unavailable

TOPICS = ("notifications", "changes")  # they are published to also when nobody listens
NO_CREDENTIALS = "no Google credentials here: gcloud auth application-default login"
_PATIENCE = timedelta(seconds=30)  # an emulator that was just started needs a while


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """One subscription: which topic is pushed where, and how patiently.

    Nothing is given up: of an ordered subscription with a dead-letter policy, the emulator drops
    what fails too often instead of passing it on.
    """

    topic: str
    subscription: str
    url: str | None  # None: it is pulled
    first: timedelta
    longest: timedelta
    acknowledge_within: timedelta = timedelta(minutes=10)


def topic_name(project: str, topic: str) -> str:
    """Give the full name of a topic."""
    return f"projects/{project}/topics/{topic}"


def subscription_name(project: str, subscription: str) -> str:
    """Give the full name of a subscription."""
    return f"projects/{project}/subscriptions/{subscription}"


def set_up(project: str, routes: Iterable[Route], *, patience: timedelta = _PATIENCE) -> None:
    """Make the topics and subscriptions; what is there already takes the addresses given.

    Raises:
        Unavailable: Pub/Sub cannot be reached, or refuses.
    """
    # Without this, a client waits ten minutes for a server that is not there.
    retry = Retry(timeout=patience.total_seconds())
    try:
        with PublisherClient() as publisher, SubscriberClient() as subscriber:
            for topic in TOPICS:
                _make_topic(publisher, topic_name(project, topic), retry)
            for route in routes:
                _make_subscription(subscriber, _described(project, route), retry)
    except GoogleAPIError as error:
        raise Unavailable(f"Pub/Sub cannot be set up: {error}") from error


def take_down(project: str, subscription: str, *, patience: timedelta = _PATIENCE) -> None:
    """Delete a subscription, if it is there.

    Raises:
        Unavailable: Pub/Sub cannot be reached, or refuses.
    """
    retry = Retry(timeout=patience.total_seconds())
    name = subscription_name(project, subscription)
    try:
        with SubscriberClient() as subscriber:
            subscriber.delete_subscription(subscription=name, retry=retry)
    except NotFound:
        return
    except GoogleAPIError as error:
        raise Unavailable(f"Pub/Sub cannot be set up: {error}") from error


def _described(project: str, route: Route) -> Subscription:
    return Subscription(
        name=subscription_name(project, route.subscription),
        topic=topic_name(project, route.topic),
        push_config=PushConfig(push_endpoint=route.url or ""),
        ack_deadline_seconds=int(route.acknowledge_within.total_seconds()),
        enable_message_ordering=True,
        retry_policy=RetryPolicy(minimum_backoff=route.first, maximum_backoff=route.longest),
    )


def _make_topic(publisher: PublisherClient, name: str, retry: Retry) -> None:
    try:
        publisher.create_topic(name=name, retry=retry)
    except AlreadyExists:
        return


def _make_subscription(subscriber: SubscriberClient, wanted: Subscription, retry: Retry) -> None:
    try:
        subscriber.create_subscription(request=wanted, retry=retry)
    except AlreadyExists:
        # What may differ from the last time is the address: another port.
        subscriber.modify_push_config(
            subscription=wanted.name, push_config=wanted.push_config, retry=retry
        )
