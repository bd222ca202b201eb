"""Makes topics and subscriptions where Terraform does not: on Pub/Sub's emulator.

https://docs.cloud.google.com/pubsub/docs/emulator
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

from google.api_core.exceptions import AlreadyExists, GoogleAPIError
from google.pubsub_v1 import (
    DeadLetterPolicy,
    PublisherClient,
    PushConfig,
    RetryPolicy,
    SubscriberClient,
    Subscription,
)

from functions.domain.errors import Unavailable

TOPICS = ("notifications", "changes")  # they are published to also when nobody listens
_CALL = 10.0  # seconds
# https://docs.cloud.google.com/pubsub/docs/handling-failures#maximum_number_of_delivery_attempts
_FEWEST_ATTEMPTS, _MOST_ATTEMPTS = 5, 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """One subscription: which topic is pushed where, and how patiently."""

    topic: str
    subscription: str
    url: str | None  # None: it is pulled
    first: timedelta
    longest: timedelta
    attempts: int
    acknowledge_within: timedelta = timedelta(minutes=10)


def topic_name(project: str, topic: str) -> str:
    """Give the full name of a topic."""
    return f"projects/{project}/topics/{topic}"


def subscription_name(project: str, subscription: str) -> str:
    """Give the full name of a subscription."""
    return f"projects/{project}/subscriptions/{subscription}"


def set_up(project: str, routes: Iterable[Route]) -> None:
    """Make the topics and what the routes need; what is there already takes their addresses.

    What a route gives up goes to the topic and subscription named after it with `-dead`.

    Raises:
        Unavailable: Pub/Sub cannot be reached, or refuses.
    """
    try:
        with PublisherClient() as publisher, SubscriberClient() as subscriber:
            for topic in TOPICS:
                _make_topic(publisher, topic_name(project, topic))
            for route in routes:
                dead = f"{route.subscription}-dead"
                _make_topic(publisher, topic_name(project, dead))
                for wanted in (_keeping(project, dead), _described(project, route, dead)):
                    _make_subscription(subscriber, wanted)
    except GoogleAPIError as error:
        raise Unavailable(f"Pub/Sub cannot be set up: {error}") from error


def _keeping(project: str, dead: str) -> Subscription:
    return Subscription(name=subscription_name(project, dead), topic=topic_name(project, dead))


def _described(project: str, route: Route, dead: str) -> Subscription:
    attempts = min(max(route.attempts, _FEWEST_ATTEMPTS), _MOST_ATTEMPTS)
    return Subscription(
        name=subscription_name(project, route.subscription),
        topic=topic_name(project, route.topic),
        push_config=PushConfig(push_endpoint=route.url or ""),
        ack_deadline_seconds=int(route.acknowledge_within.total_seconds()),
        enable_message_ordering=True,
        retry_policy=RetryPolicy(minimum_backoff=route.first, maximum_backoff=route.longest),
        dead_letter_policy=DeadLetterPolicy(
            dead_letter_topic=topic_name(project, dead), max_delivery_attempts=attempts
        ),
    )


def _make_topic(publisher: PublisherClient, name: str) -> None:
    try:
        publisher.create_topic(name=name, timeout=_CALL)
    except AlreadyExists:
        return


def _make_subscription(subscriber: SubscriberClient, wanted: Subscription) -> None:
    try:
        subscriber.create_subscription(request=wanted, timeout=_CALL)
    except AlreadyExists:
        # What may differ from the last time is the address: another port.
        subscriber.modify_push_config(
            subscription=wanted.name, push_config=wanted.push_config, timeout=_CALL
        )
