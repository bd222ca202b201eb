"""Google's answers, spoilt at every key: read, or refused by an error of ours, and no watch dies.

The answers are those of the simulated Google, so each place is one that the product may read.
"""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as bounded
from hypothesis import strategies as st

from functions.sources.call import Call
from functions.sources.table import SOURCES
from infra.cloudevent import encode
from infra.local.google.world import World
from tests.functions.sources.answering import read_all
from tests.hostile.spoiled import ODD, Place, odd, places, spoil
from tests.world.system import ANA, SECOND, TICK, System

ADMIN, BEN = "admin@example.com", "ben@example.com"
SOAK = os.environ.get("WATCHKEEPER_SOAK") == "1"
STRIDE = 1 if SOAK else 20  # of all places and values
EXAMPLES = 60 if SOAK else 2
CURSORS = ("nextPageToken", "nextSyncToken", "newStartPageToken", "startPageToken", "historyId")
Act = Callable[[World, int], object]

# What is watched, and how something happens there.
WATCHED: dict[str, tuple[dict[str, Any], Act]] = {
    "drive.changes": ({"subject": ANA}, lambda w, n: w.drive.create(ANA, name=f"f{n}")),
    "drive.files": (
        {"subject": ANA, "params": {"fileId": "f"}},
        lambda w, n: w.drive.update("f", name=f"f{n}"),
    ),
    "calendar.events": ({"subject": ANA}, lambda w, n: w.calendar.put_event(ANA, summary=f"{n}")),
    "calendar.calendarList": (
        {"subject": ANA},
        lambda w, n: w.calendar.create_calendar(ANA, summary=f"{n}"),
    ),
    "calendar.acl": (
        {"subject": ANA},
        lambda w, n: w.calendar.put_rule(ANA, f"user:b{n}@example.com", "reader"),
    ),
    "calendar.settings": (
        {"subject": ANA},
        lambda w, n: w.calendar.put_setting(ANA, "locale", f"l{n}"),
    ),
    "directory.users": (
        {"subject": ADMIN, "params": {"domain": "example.com"}},
        lambda w, n: w.directory.create(f"u{n}@example.com"),
    ),
    "directory.aliases": (
        {"subject": ADMIN, "params": {"userKey": BEN}},
        lambda w, n: w.directory.add_alias(BEN, f"b{n}@example.com"),
    ),
    "reports.activities": (
        {"subject": ADMIN, "params": {"applicationName": "login"}},
        lambda w, n: w.reports.record("login", actor=BEN, event="login_success"),
    ),
    "gmail.mailbox": ({"subject": ANA}, lambda w, n: w.gmail.deliver(ANA, subject=f"{n}")),
}
EACH = pytest.mark.parametrize("source", WATCHED)


def test_every_source_is_spoilt() -> None:
    """One that is added is tried, too."""
    assert WATCHED.keys() == SOURCES.keys()


def furnish(world: World) -> None:
    """Put there what is to be there before."""
    world.directory.create(ADMIN, isAdmin=True)
    world.directory.create(BEN)
    world.drive.create(ANA, name="f", file_id="f")


def watched(folder: Path, source: str) -> System:
    """Watch a source from the beginning."""
    system = System(folder)
    furnish(system.near.world)
    document, _ = WATCHED[source]
    system.declare(it={"source": source, "poll": "5m", **document})
    system.pass_time(TICK * 2 + SECOND)
    return system


@cache
def recorded(source: str) -> list[tuple[str, dict[str, Any]]]:
    """Give the answers that a watch's life brings, the first of each kind."""
    with tempfile.TemporaryDirectory() as folder:
        system = System(Path(folder))
        furnish(system.near.world)
        found: dict[tuple[str, str], dict[str, Any]] = {}

        def keep(call: Call, body: dict[str, Any]) -> None:
            shape = json.dumps(sorted(map(str, places(body))))
            found.setdefault((call.method, shape), json.loads(json.dumps(body)))

        system.near.tamper = keep
        document, act = WATCHED[source]
        system.declare(it={"source": source, "poll": "5m", **document})
        system.pass_time(TICK * 2 + SECOND)
        for number in range(3):
            act(system.near.world, number)
        system.pass_time(TICK * 6)
        assert [event for event in system.sink.told if event.watch == "it"], source
        system.close()
        return [(method, body) for (method, _), body in found.items()]


def _spoilt(source: str) -> Iterator[tuple[str, Place, Any, dict[str, Any]]]:
    for method, body in recorded(source):
        for place in places(body):
            for by in ODD:
                yield method, place, by, spoil(body, place, by)


@EACH
def test_any_spoilt_answer_is_read_or_refused(source: str) -> None:
    """Each place of each answer, by each odd value: a page, an item, a cursor, or our own error."""
    reader, tried = SOURCES[source], 0
    params = reader.normal(WATCHED[source][0].get("params", {}))
    for method, place, by, body in _spoilt(source):
        tried += 1
        if tried % STRIDE == 0:
            try:
                read_all(reader, dict(params), body)
            except Exception as error:
                raise AssertionError(f"{method} {place} {by!r}") from error
    assert tried > 100


@EACH
@bounded(max_examples=EXAMPLES, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_spoilt_answer_holds_up_no_watch(
    tmp_path_factory: pytest.TempPathFactory, source: str, data: st.DataObject
) -> None:
    """While answers are spoilt nothing escapes; afterwards what happens is told as ever."""
    system = watched(tmp_path_factory.mktemp("spoilt"), source)
    try:
        _live_through(system, source, data)
    finally:
        system.close()


def _live_through(system: System, source: str, data: st.DataObject) -> None:
    act, left = WATCHED[source][1], [data.draw(st.integers(1, 4))]

    def tamper(call: Call, body: dict[str, Any]) -> None:
        there = list(places(body))
        if left[0] and there:
            left[0] -= 1
            place, by = data.draw(st.sampled_from(there)), data.draw(odd)
            # Of a cursor that Google gives and then calls malformed, the owner is told: parked.
            if not (place[-1] in CURSORS and isinstance(by, str)):
                changed = spoil(body, place, by)
                body.clear()
                body.update(changed)

    system.near.tamper = tamper
    act(system.near.world, 1)
    system.pass_time(TICK * 7)
    system.near.tamper = None
    system.pass_time(TICK * 60)
    told = len(system.sink.told)
    act(system.near.world, 2)
    system.pass_time(TICK * 12)
    assert len(system.sink.told) > told, [*system.journal.warnings][-5:]
    for event in system.sink.told:
        assert json.loads(encode(event).data)["id"] == event.id
