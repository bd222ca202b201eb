"""The dead letters of an installation: what handlers gave up, and what the local queue gave up.

A handler's letter is an entry of the store's collection `handled`, so it is found in the cloud as
on one machine. Those of the queue are messages whose every try ended the process, and jobs.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TypeAlias

from functions.domain.errors import Misconfigured, Unavailable
from functions.domain.handled import Handled, Outcome, unpack_body
from functions.domain.told import read_told
from infra.cloudevent import CONTENT_TYPE, Encoded
from infra.local.queue.dead_letters import DeadLetters
from infra.local.queue.delivery import DeadLetter
from infra.machine.installation import Installation
from infra.machine.repeating import changes_of
from infra.machine.wiring import MachineWiring

_QUEUE = "queue-"
Source: TypeAlias = Handled | DeadLetter


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

    def list(self, *, watch: str | None, limit: int) -> Sequence[Letter]:
        """Give dead letters, oldest first."""
        found = [_of_handler(each) for each in self._store.dead(watch=watch, limit=limit)]
        if self._queue is not None:
            found += [
                _of_queue(each)
                for each in self._queue.list(limit=limit)
                if watch is None or each.key == watch
            ]
        return sorted(found, key=lambda letter: letter.at)[:limit]

    def show(self, name: str) -> tuple[Letter, bytes]:
        """Give a letter and what was to be delivered.

        Raises:
            Misconfigured: there is no such letter.
        """
        if self._queue is not None and name.removeprefix(_QUEUE).isdecimal():
            found = self._queue.show(int(name.removeprefix(_QUEUE)))
            if found is not None:
                return _of_queue(found), found.data
        handled = self._find(name)
        return _of_handler(handled), unpack_body(handled.body)

    def retry(self, name: str) -> None:
        """Have a letter delivered once more, with as many attempts as at first.

        Raises:
            Misconfigured: there is no such letter, or nothing of it is kept.
        """
        if self._queue is not None and name.startswith(_QUEUE):
            if not self._queue.retry([int(name.removeprefix(_QUEUE))]):
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

    def drop(self, name: str) -> None:
        """Forget a letter: the handler is through with this event.

        Raises:
            Misconfigured: there is no such letter.
        """
        if self._queue is not None and name.startswith(_QUEUE):
            if not self._queue.drop([int(name.removeprefix(_QUEUE))]):
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
        keys = [each.key for each in every if each.key.startswith(name)]
        if len(keys) != 1:
            many = f"{len(keys)} dead letters begin with" if keys else "there is no dead letter"
            raise Misconfigured(f"{many} {name!r}: `dead-letters list` names them")
        return self._store.outcomes(keys)[keys[0]]


def _queue_of(at: Installation) -> DeadLetters | None:
    wiring = at.wiring
    if not isinstance(wiring, MachineWiring) or wiring.is_on_pubsub:
        return None
    return DeadLetters(wiring.queue_file)


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
