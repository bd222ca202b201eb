"""What Pub/Sub gave up: read from the subscriptions of the dead topics, published anew, or dropped.

A message is moved to `TOPIC-dead` after its last attempt, wrapped in a new one with attributes
that say where it comes from: https://docs.cloud.google.com/pubsub/docs/handling-failures
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta

from google.api_core import exceptions
from google.auth.exceptions import DefaultCredentialsError, GoogleAuthError
from google.pubsub_v1 import PubsubMessage, ReceivedMessage, SubscriberClient

from functions.domain.errors import Invalid, Misconfigured, Unavailable
from functions.domain.job import read_job
from infra.cloud.patience import AT_EASE
from infra.cloud.pubsub import Topic
from infra.cloud.pubsub_setup import NO_CREDENTIALS, subscription_name, topic_name
from infra.ordering import ordering_key

TOPICS = ("notifications", "changes", "gmail")  # each has a TOPIC-dead with a subscription
_ADDED = "CloudPubSubDeadLetterSource"  # how the attributes begin that the move adds
_PULL = timedelta(seconds=2)
_EMPTY = 2  # answers without messages, in a row, mean that we have all of them
_AT_ONCE = 500
_PATIENCE = 15.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Dead:
    """One message that was given up."""

    topic: str
    message: PubsubMessage

    @property
    def name(self) -> str:
        """What it is called: its topic, and the id that Pub/Sub gave it."""
        return f"{self.topic}-{self.message.message_id}"

    @property
    def watch(self) -> str:
        """Whose it is, as far as it says so."""
        if watch := self.message.attributes.get("ce-watch"):
            return str(watch)
        try:
            return read_job(self.message.data).watch
        except Invalid:
            return ""

    @property
    def subscription(self) -> str:
        """The subscription that gave it up."""
        return str(self.message.attributes.get(f"{_ADDED}Subscription", ""))

    @property
    def attempts(self) -> int:
        """How often it was tried."""
        said = self.message.attributes.get(f"{_ADDED}DeliveryCount", "")
        return int(said) if said.isdecimal() else 0

    def original(self) -> PubsubMessage:
        """Give the message as it was before it was moved."""
        given = self.message.attributes
        kept = {name: text for name, text in given.items() if not name.startswith(_ADDED)}
        key = self.message.ordering_key or ordering_key(self.watch)
        return PubsubMessage(data=self.message.data, attributes=kept, ordering_key=key)


class DeadTopics:
    """The dead topics of a project, as its operator reaches them."""

    def __init__(self, project: str, *, changes: str = "changes") -> None:
        """Keep whose they are; `changes` is what the topic of changes is called."""
        self._project = project
        self.topics = tuple(changes if topic == "changes" else topic for topic in TOPICS)

    def every(self) -> Sequence[Dead]:
        """Give all that is dead; it stays where it is.

        Raises:
            Misconfigured: we may not look.
            Unavailable: Pub/Sub cannot be reached.
        """
        with ThreadPoolExecutor(len(self.topics)) as pool:  # each waits for the end of its own
            return [dead for found in pool.map(self._found, self.topics) for dead in found]

    def retry(self, names: Collection[str]) -> set[str]:
        """Publish these once more where they came from, then take them out; gives those found."""
        return self._settle(names, publish=True)

    def drop(self, names: Collection[str]) -> set[str]:
        """Take these out for good; gives those that were found."""
        return self._settle(names, publish=False)

    def _found(self, topic: str) -> Sequence[Dead]:
        with _hold(self._project, topic) as hold:
            return hold.letters

    def _settle(self, names: Collection[str], *, publish: bool) -> set[str]:
        done: set[str] = set()
        for topic in self.topics:
            if not any(name.startswith(f"{topic}-") for name in names):
                continue
            target = Topic(topic_name(self._project, topic), endpoint=None, patience=AT_EASE)
            with _hold(self._project, topic) as hold:
                for letter in hold.letters:
                    if letter.name in names:
                        if publish:
                            target.publish([letter.original()])
                        hold.acknowledge(letter)
                        done.add(letter.name)
        return done


@dataclass(slots=True)
class _Hold:
    """All messages of one subscription, held while they are looked at."""

    client: SubscriberClient
    subscription: str
    topic: str
    received: dict[str, list[ReceivedMessage]] = field(default_factory=dict)

    @property
    def letters(self) -> list[Dead]:
        return [Dead(topic=self.topic, message=one[0].message) for one in self.received.values()]

    def acknowledge(self, letter: Dead) -> None:
        every = self.received.pop(letter.message.message_id)
        ids = [one.ack_id for one in every]
        self.client.acknowledge(subscription=self.subscription, ack_ids=ids, timeout=_PATIENCE)

    def pull(self) -> None:
        empty = 0
        while empty < _EMPTY:
            try:
                answer = self.client.pull(
                    subscription=self.subscription,
                    max_messages=_AT_ONCE,
                    timeout=_PULL.total_seconds(),
                    retry=None,
                )
            except exceptions.DeadlineExceeded:
                empty += 1
                continue
            fresh = [
                m for m in answer.received_messages if m.message.message_id not in self.received
            ]
            empty = 0 if fresh else empty + 1
            for one in answer.received_messages:
                self.received.setdefault(one.message.message_id, []).append(one)

    def release(self) -> None:
        ids = [one.ack_id for every in self.received.values() for one in every]
        for first in range(0, len(ids), _AT_ONCE):
            self.client.modify_ack_deadline(
                subscription=self.subscription,
                ack_ids=ids[first : first + _AT_ONCE],
                ack_deadline_seconds=0,
                timeout=_PATIENCE,
            )


@contextmanager
def _hold(project: str, topic: str) -> Iterator[_Hold]:
    """Take all dead messages of a topic in hand; those that are left are let go at the end."""
    subscription = subscription_name(project, f"{topic}-dead")
    try:
        with SubscriberClient() as client:
            hold = _Hold(client, subscription, topic)
            try:
                with suppress(exceptions.NotFound):  # no such queue here, e.g. no Gmail
                    hold.pull()
                yield hold
            finally:
                hold.release()
    except exceptions.PermissionDenied as refused:
        raise Misconfigured(
            f"{subscription}: {refused.message} (roles/pubsub.editor is needed)"
        ) from None
    except DefaultCredentialsError:
        raise Misconfigured(NO_CREDENTIALS) from None
    except (exceptions.GoogleAPIError, GoogleAuthError) as failure:
        raise Unavailable(f"{subscription}: {type(failure).__name__}") from failure
