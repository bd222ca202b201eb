"""The dead letters of an installation: what handlers gave up, and what the queue gave up.

A handler's letter is an entry of the store's collection `handled`, so it is found in the cloud as
on one machine. Those of the queue are messages whose every try ended the process, and jobs: in the
local queue's file, in the cloud in the subscriptions of the dead topics.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, TypeVar

from functions.domain.errors import Misconfigured, Unavailable
from functions.domain.handled import Handled, Outcome, unpack_body
from functions.domain.told import read_told
from infra.cloudevent import CONTENT_TYPE, Encoded
from infra.local.queue.dead_letters import DeadLetters
from infra.local.queue.delivery import DeadLetter
from infra.machine.installation import Installation
from infra.machine.repeating import changes_of
from infra.machine.wiring import MachineWiring

if TYPE_CHECKING:
    from infra.cloud.pubsub_dead import Dead, DeadTopics

T = TypeVar("T")

_QUEUE = "queue-"


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """One dead letter as a person sees it."""

    id: str
    watch: str
    handler: str  # or the subscription
    event: str
    at: datetime
    attempts: int
    error: str


class Letters:
    """Lists, shows, retries and drops dead letters, also while `serve` runs."""

    def __init__(self, at: Installation, *, topic: str) -> None:
        """Keep whose they are."""
        at.store  # noqa: B018 - refuses a store that is not there
        self._at = at
        self._topic = topic
        self._store = at.wiring.store
        self._queue = _queue_of(at)
        self._dead = _dead_of(at, topic)

    def list(self, *, watch: str | None, limit: int) -> Sequence[Letter]:
        """Give dead letters, oldest first."""
        found = [_of_handler(each) for each in self._store.dead(watch=watch, limit=limit)]
        if self._queue is not None:
            found += [
                _of_queue(each)
                for each in self._queue.list(limit=limit)
                if watch is None or each.key == watch
            ]
        if self._dead is not None:
            letters = [_of_topic(each) for each in self._dead.every()]
            found += [each for each in letters if watch is None or each.watch == watch]
        return sorted(found, key=lambda letter: letter.at)[:limit]

    def show(self, name: str) -> tuple[Letter, bytes]:
        """Give a letter and what was to be delivered.

        Raises:
            Misconfigured: there is no such letter.
        """
        number = self._number(name)
        if self._queue is not None and number is not None:
            found = self._queue.show(number)
            if found is not None:
                return _of_queue(found), found.data
        if self._dead is not None and self._is_of_topic(name):
            every = [each for each in self._dead.every() if each.name.startswith(name)]
            only = _single(name, every)
            return _of_topic(only), only.message.data
        handled = self._find(name)
        return _of_handler(handled), unpack_body(handled.body)

    def retry(self, names: Collection[str]) -> None:
        """Have letters delivered once more, with as many attempts as at first.

        Raises:
            Misconfigured: there is no such letter, or nothing of it is kept.
        """
        of_topics = {name for name in names if self._is_of_topic(name)}
        for name in names:
            if name not in of_topics:
                self._retry(name)
        if self._dead is not None and of_topics:
            _expect(of_topics, self._dead.retry(of_topics))

    def drop(self, names: Collection[str]) -> None:
        """Forget letters: their handlers are through with these events.

        Raises:
            Misconfigured: there is no such letter.
        """
        of_topics = {name for name in names if self._is_of_topic(name)}
        for name in names:
            if name not in of_topics:
                self._drop(name)
        if self._dead is not None and of_topics:
            _expect(of_topics, self._dead.drop(of_topics))

    def _is_of_topic(self, name: str) -> bool:
        topics = self._dead.topics if self._dead else ()
        return any(name.startswith(f"{topic}-") for topic in topics)

    def _number(self, name: str) -> int | None:
        """Give the number of a letter of the local queue; None for another's name."""
        text = name.removeprefix(_QUEUE)
        is_number = text != name and text.isascii() and text.isdecimal()
        return int(text) if self._queue is not None and is_number else None

    def _retry(self, name: str) -> None:
        number = self._number(name)
        if self._queue is not None and number is not None:
            if not self._queue.retry([number]):
                raise Misconfigured(f"{name} is not there, or its subscription is gone")
            return
        handled = self._find(name)
        body = unpack_body(handled.body)
        if not body:
            raise Misconfigured(f"{name} was too large to be kept: use replay")
        told = read_told(body)
        texts = {key: text for key, text in told.fields.items() if isinstance(text, str)}
        attributes = {f"ce-{key}": text for key, text in texts.items() if key != "specversion"}
        event = Encoded(data=body, attributes={"Content-Type": CONTENT_TYPE, **attributes})
        # It must not look dead when it is delivered.
        self._store.note_outcome(replace(handled, outcome=Outcome.FAILED, attempts=0))
        try:
            changes_of(self._at, self._topic).hand(handled.watch, event)
        except Unavailable:
            self._store.note_outcome(handled)
            raise

    def _drop(self, name: str) -> None:
        number = self._number(name)
        if self._queue is not None and number is not None:
            if not self._queue.drop([number]):
                raise Misconfigured(f"there is no dead letter {name}")
            return
        handled = self._find(name)
        dropped = replace(handled, outcome=Outcome.SKIPPED, body=b"", detail="dropped")
        self._store.note_outcome(dropped)

    def _find(self, name: str) -> Handled:
        found = self._store.outcomes([name]).get(name)
        if found is not None and found.outcome is Outcome.DEAD:
            return found
        every = self._store.dead(watch=None, limit=100_000) if name else []
        key = _single(name, [each.key for each in every if each.key.startswith(name)])
        return self._store.outcomes([key])[key]


def _single(name: str, found: Sequence[T]) -> T:
    """Give what alone is called so, or begins so."""
    if len(found) != 1:
        many = f"{len(found)} dead letters begin with" if found else "there is no dead letter"
        raise Misconfigured(f"{many} {name!r}: `dead-letters list` names them")
    return found[0]


def _expect(wanted: Collection[str], done: Collection[str]) -> None:
    """See to it that all were found; those that were are done."""
    if missing := sorted(set(wanted) - set(done)):
        raise Misconfigured(
            f"not found: {', '.join(missing)}: `dead-letters list` names them (whoever else reads "
            "the subscription holds what it has read for a minute)"
        )


def _queue_of(at: Installation) -> DeadLetters | None:
    wiring = at.wiring
    if not isinstance(wiring, MachineWiring) or wiring.is_on_pubsub:
        return None
    return DeadLetters(wiring.queue_file)


def _dead_of(at: Installation, topic: str) -> DeadTopics | None:
    if at.site.project is None:
        return None
    from infra.cloud.pubsub_dead import DeadTopics

    return DeadTopics(at.site.project, changes=topic)


def _of_handler(handled: Handled) -> Letter:
    return Letter(
        id=handled.key,
        watch=handled.watch,
        handler=handled.handler,
        event=handled.event,
        at=handled.at,
        attempts=handled.attempts,
        error=handled.detail,
    )


def _of_queue(letter: DeadLetter) -> Letter:
    return Letter(
        id=f"{_QUEUE}{letter.id}",
        watch=letter.key,
        handler=letter.subscription,
        event=letter.attributes.get("ce-id", ""),
        at=letter.died_at,
        attempts=letter.attempts,
        error=letter.error,
    )


def _of_topic(dead: Dead) -> Letter:
    return Letter(
        id=dead.name,
        watch=dead.watch,
        handler=dead.subscription or dead.topic,
        event=dead.message.attributes.get("ce-id", ""),
        at=dead.message.publish_time,
        attempts=dead.attempts,
        error="Pub/Sub gave it up: the log of the function says why",
    )
