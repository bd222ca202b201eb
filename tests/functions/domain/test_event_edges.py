"""Events at the edges: items that are no maps, times at the ends of the calendar, replays."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from functions.domain.errors import Invalid
from functions.domain.event import Event, rfc3339, trouble_event
from functions.domain.handler import parse_size, read_steps
from functions.domain.told import read_told
from infra.cloudevent import encode, repeated

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


def event(**given: object) -> Event:
    """Make an event."""
    usual = {
        "id": "e1", "source": "/watches/w", "type": "watchkeeper.drive.changes.file.updated",
        "time": NOW, "watch": "w", "subject": "1", "data": {"kind": "file.updated", "item": {}},
    }  # fmt: skip
    return Event(**(usual | given))  # type: ignore[arg-type]


@pytest.mark.parametrize("item", [None, 5, "text", ["id"], True])
def test_an_item_that_is_no_map_is_cut_to_nothing(item: object) -> None:
    """Whatever an API put there, cutting it is no error."""
    cut = event(data={"item": item}).truncated()
    assert cut.data == {"item": {}, "truncated": True}


@pytest.mark.parametrize("hours", [-14, -1, 0, 1, 14])
@pytest.mark.parametrize(
    "time", [datetime(1, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)]
)
def test_times_at_the_ends_of_the_calendar(time: datetime, hours: int) -> None:
    """The first and the last moments can be written in any zone."""
    text = rfc3339(time.replace(tzinfo=timezone(timedelta(hours=hours))))
    assert text.endswith("Z")
    assert datetime.fromisoformat(text).year in {1, 9999}


def test_what_is_told_is_read() -> None:
    """What a handler reads is what was told, in the very bytes."""
    data = encode(event(account="ana@example.com")).data
    told = read_told(data)
    assert (told.id, told.watch, told.subject, told.kind) == ("e1", "w", "1", "file.updated")
    assert (told.account, told.replay, told.body) == ("ana@example.com", "", data)


def test_a_repetition_has_the_same_id_and_the_runs_name() -> None:
    """A replayed event differs from the first in its extension alone."""
    first = encode(event())
    again = repeated(first.data, first.attributes, replay="r1")
    told = read_told(again.data)
    assert told.replay == "r1"
    assert again.attributes == {**first.attributes, "ce-replay": "r1"}
    assert {k: v for k, v in told.fields.items() if k != "replay"} == read_told(first.data).fields
    assert encode(event(replay="r1")).attributes == again.attributes


def test_a_stopped_handler_has_a_type_of_its_own() -> None:
    """Troubles of a watch and of a handler are told apart by their types."""
    types = [
        trouble_event(kind, watch="w", account=None, since="s", at=NOW, data={}).type
        for kind in ("parked", "handler.stopped")
    ]
    assert types == ["watchkeeper.watch.parked", "watchkeeper.handler.stopped"]


@pytest.mark.parametrize(
    ("text", "size"), [(5, 5), ("5", 5), ("2KB", 2048), ("1 MiB", 2**20), ("20GB", 20 * 2**30)]
)
def test_sizes(text: int | str, size: int) -> None:
    """A size is a number of bytes or a text with a unit."""
    assert parse_size(text) == size


@pytest.mark.parametrize("text", ["", "MB", "-1", "1.5GB", "1e9", "5 bananas"])
def test_what_is_no_size(text: str) -> None:
    """Anything else is named as such."""
    with pytest.raises(Invalid):
        parse_size(text)


def test_a_handler_is_known_by_what_it_is_to_do() -> None:
    """An edited handler is another one, the same twice is one, and their order stays."""
    one = {"forward": {"url": "https://a.example", "secret": "k"}}
    two = {"forward": {"url": "https://b.example", "secret": "k"}}
    run = {"run": "mine:note"}
    names = [step.name for step in read_steps((one, run, two, one))]
    assert len(names) == 3
    assert [name.partition("-")[0] for name in names] == ["forward", "run", "forward"]
