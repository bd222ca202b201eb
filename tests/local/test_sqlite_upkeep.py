"""On one machine expired state goes, and nothing that was confirmed is lost."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from functions.domain.change import Seen
from functions.domain.model import ChannelState, Verdict
from infra.local.sqlite_store import SqliteStore
from tests.contracts.store_examples import MINUTE, NOW, becomes, channel, progress
from tests.contracts.store_memory import many
from tests.notes import Notes

ROOT = Path(__file__).parents[2]

_COUNT = """
import sys
from dataclasses import replace
from functions.domain.model import Progress
from functions.ports import Case
from infra.local.sqlite_store import SqliteStore

def counted(case):
    before = case.progress or Progress(watch="a")
    return Case(progress=replace(before, failures=before.failures + 1), channels={})

store = SqliteStore(sys.argv[1])
for _ in range(int(sys.argv[2])):
    print(store.change("a", counted).progress.failures, flush=True)
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Name a file that is not there."""
    return tmp_path / "watchkeeper.db"


@pytest.fixture
def notes() -> Notes:
    """Give a journal."""
    return Notes()


@pytest.fixture
def store(path: Path, notes: Notes) -> Iterator[SqliteStore]:
    """Give a store in a new file."""
    store = SqliteStore(path, journal=notes)
    yield store
    store.close()


def execute(path: Path, statement: str, *values: object) -> list[Any]:
    """Look into the file behind the store's back, or change it."""
    with closing(sqlite3.connect(path)) as connection:
        rows = connection.execute(statement, values).fetchall()
        connection.commit()
    return rows


def test_what_is_expired_goes(store: SqliteStore, path: Path) -> None:
    """Progress with its memory, channels and notes are deleted at their time, not before."""
    closed = channel(state=ChannelState.CLOSED, delete_at=NOW)
    store.change("a", becomes(progress("a", delete_at=NOW), closed), seen=many(2))
    store.change("b", becomes(progress("b", delete_at=NOW + MINUTE), channel("c2")), seen=many(2))
    store.change("c", becomes(progress("c")), seen=many(2))
    for error in ("y", "z", "y"):
        store.bury("a", item="", error=error, now=NOW)
    store.sweep(NOW - MINUTE)
    assert store.progress("a") is not None
    store.sweep(NOW)
    assert [each.watch for each in store.all_progress()] == ["b", "c"]
    assert store.recall("a", many(2)) == {}
    assert store.recall("b", many(2)) == store.recall("c", many(2)) == many(2)
    assert store.channel("c1") is None
    assert store.channel("c2") is not None
    assert len(execute(path, "SELECT * FROM unreadable")) == 2
    store.sweep(NOW + 30 * 24 * 60 * MINUTE)
    assert execute(path, "SELECT * FROM unreadable") == []


def test_documents_bear_the_stored_names(store: SqliteStore, path: Path) -> None:
    """Whoever looks into the file finds the fields under the names that Firestore has them."""
    store.change("a", becomes(progress("a", cursor="7"), channel(resource_id="r")))
    query = (
        "SELECT json_extract(p.document, '$.cursor'), json_extract(c.document, '$.resource_id')"
        " FROM progress p, channels c"
    )
    assert execute(path, query) == [("7", "r")]


def test_edited_progress_keeps_what_can_be_read(
    store: SqliteStore, path: Path, notes: Notes
) -> None:
    """Fields that somebody made unreadable are at their defaults, which is said."""
    store.change("a", becomes(progress("a", cursor="7", verdict=Verdict.INVALID, failures=3)))
    execute(
        path, "UPDATE progress SET document = json_set(document, '$.verdict', 'x', '$.due_at', 5)"
    )
    assert store.progress("a") == progress("a", cursor="7", failures=3)
    assert notes.warnings == [
        {"decision": "unreadable", "document": "progress/a", "fields": ["due_at", "verdict"]}
    ]


def test_torn_documents_stop_nothing(store: SqliteStore, path: Path, notes: Notes) -> None:
    """Documents that are no JSON at all: a progress is empty, a channel is not there."""
    store.change("a", becomes(progress("a", cursor="7"), channel(watch="a")))
    execute(path, "UPDATE progress SET document = '{'")
    execute(path, "UPDATE channels SET document = '[]'")
    assert store.progress("a") == progress("a")
    assert store.channels("a") == []
    assert store.channel("c1") is None
    assert {each["document"] for each in notes.warnings} == {"progress/a", "channels/c1"}


def test_memory_of_many_items_is_quick(store: SqliteStore) -> None:
    """A hundred pages of a thousand items are remembered in seconds."""
    entries = list(many(100_000).items())
    for start in range(0, len(entries), 1000):
        page: dict[str, Seen] = dict(entries[start : start + 1000])
        store.change("a", becomes(progress("a", cursor=str(start))), seen=page)
    assert len(store.memory("a", after=None, limit=200_000)) == 100_000


def test_what_was_said_to_be_written_survives_a_kill(path: Path) -> None:
    """After kill -9 in the middle of work, everything that was confirmed is there."""
    with subprocess.Popen(
        [sys.executable, "-c", _COUNT, path, "1000000"], cwd=ROOT, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        confirmed = [int(process.stdout.readline()) for _ in range(20)][-1]
        process.kill()
        confirmed = max([confirmed, *map(int, process.stdout.read().split("\n")[:-1])])
    store = SqliteStore(path)
    found = store.progress("a")
    assert found is not None
    assert confirmed <= found.failures <= confirmed + 1
    store.close()


def test_processes_may_share_the_file(path: Path) -> None:
    """Of changes by several processes at once none is lost."""
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", _COUNT, path, "50"], cwd=ROOT, stdout=subprocess.DEVNULL
        )
        for _ in range(2)
    ]
    assert [process.wait(30) for process in processes] == [0, 0]
    store = SqliteStore(path)
    found = store.progress("a")
    assert found is not None
    assert found.failures == 100
    store.close()
