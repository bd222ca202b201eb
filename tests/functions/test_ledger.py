"""What a pull tells is the same when it is told again, whatever was stored before it was told."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from random import Random

import pytest

from functions.domain.change import Found, State
from functions.domain.errors import Unavailable
from functions.domain.event import Event
from functions.domain.model import Progress, Watch
from functions.ports import Case
from functions.pulling.ledger import Ledger
from tests.simulation.gate import Gate
from tests.simulation.ports import Silence, SkewedClock
from tests.simulation.store import SimulatedStore
from tests.simulation.timeline import Timeline
from tests.world.ports import START

MAIL = Watch(id="mail", source="gmail.mailbox", subject="ana@example.com")


class Lost:
    """Changes whose publishing is never confirmed."""

    def __init__(self) -> None:
        self.told: list[Event] = []

    def tell(self, events: Sequence[Event]) -> None:
        """Take them all, and say nothing."""
        self.told += events
        raise Unavailable("no answer")


def test_page_told_again_tells_the_same_of_an_item_that_is_in_it_twice() -> None:
    """Before a deletion its step is stored; what the page has before it is not yet told then."""
    timeline = Timeline()
    store = SimulatedStore(timeline, Gate(timeline, Random(1)), Random(1))
    progress = Progress(
        watch="mail", lease="mine", baseline_at=START, found_at=START + timedelta(hours=1)
    )
    store.change("mail", lambda _: Case(progress, {}))
    labelled = Found(
        noun="message",
        item="m1",
        state=State.PRESENT,
        resource={"id": "m1"},
        version="7",
        kind="labels.added",
    )
    deleted = replace(labelled, state=State.GONE, version=None, kind=None)
    changes = Lost()
    for _ in range(2):
        ledger = Ledger(
            watch=MAIL,
            progress=store.progresses["mail"],
            lease="mine",
            store=store,
            changes=changes,
            clock=SkewedClock(timeline),
            journal=Silence(),
        )
        with pytest.raises(Unavailable):
            ledger.record(ledger.compare([labelled, deleted]), lambda p: p)
    first, again = changes.told[:2], changes.told[2:]
    assert [event.data["kind"] for event in first] == ["labels.added", "message.deleted"]
    assert again == first
