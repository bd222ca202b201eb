"""A file that cannot be used is refused with what is wrong and the next step, and never harmed."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from time import sleep

import pytest

from functions.domain.errors import Misconfigured, Unavailable
from functions.ports import Case
from infra.local import sqlite_file
from infra.local.sqlite_store import SqliteStore
from tests.contracts.store_examples import becomes, progress
from tests.contracts.store_memory import many


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Name a file that is not there."""
    return tmp_path / "watchkeeper.db"


def execute(path: Path, *statements: str) -> None:
    """Change the file behind the store's back."""
    with closing(sqlite3.connect(path)) as connection:
        for statement in statements:
            connection.execute(statement)
        connection.commit()


def filled(path: Path) -> None:
    """Make a store with something in it."""
    store = SqliteStore(path)
    store.change("ana-drive", becomes(progress(cursor="7")), seen=many(2000))
    store.close()


def of_another_version(path: Path) -> None:
    """A store that another Watchkeeper wrote."""
    filled(path)
    execute(path, "PRAGMA user_version = 99")


def of_another_program(path: Path) -> None:
    """A database with somebody else's tables."""
    execute(path, "CREATE TABLE songs (title TEXT)")


def no_database(path: Path) -> None:
    """A text."""
    path.write_text("watches: []\n" * 200)


def damaged(path: Path) -> None:
    """A store in the middle of which the disk failed."""
    filled(path)
    content = bytearray(path.read_bytes())
    middle = len(content) // 2
    content[middle : middle + 8192] = b"\xa5" * 8192
    path.write_bytes(content)


def cut_off(path: Path) -> None:
    """A store of which only the first half was copied."""
    filled(path)
    os.truncate(path, path.stat().st_size // 2)


def a_folder(path: Path) -> None:
    """A folder of that name."""
    path.mkdir()


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (of_another_version, "has version 99, this Watchkeeper reads version 1: run the"),
        (of_another_program, "is a database of another program: name another file"),
        (no_database, "is not a database: name another file"),
        (damaged, "is damaged: put back a copy"),
        (cut_off, "is damaged: put back a copy"),
        (a_folder, "cannot be opened: name a file in a folder that exists"),
    ],
)
def test_bad_file_is_refused(path: Path, spoil: Callable[[Path], None], words: str) -> None:
    """Each kind of bad file is named with what is wrong and what to do, and stays as it was."""
    spoil(path)
    before = path.read_bytes() if path.is_file() else b""
    with pytest.raises(Misconfigured) as refused:
        SqliteStore(path)
    assert str(refused.value).startswith(f"{path} {words}")
    assert (path.read_bytes() if path.is_file() else b"") == before


def test_missing_folder_is_named(tmp_path: Path) -> None:
    """A store in a folder that is not there is refused, and the folder not made."""
    with pytest.raises(Misconfigured, match="folder that exists"):
        SqliteStore(tmp_path / "missing" / "watchkeeper.db")
    assert not (tmp_path / "missing").exists()


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everything: run as another user")
def test_file_that_cannot_be_written_is_refused(path: Path) -> None:
    """A file without the right to write it is refused at once, not at the first change."""
    filled(path)
    path.chmod(0o400)
    with pytest.raises(Misconfigured, match="cannot be written"):
        SqliteStore(path)


def test_read_only_is_told_apart() -> None:
    """SQLite's word for a file that cannot be written leads to the right advice."""
    error = sqlite3.OperationalError("attempt to write a readonly database")
    error.sqlite_errorcode = sqlite3.SQLITE_READONLY_DBMOVED
    refusal = sqlite_file._refusal(Path("/x.db"), error)
    assert isinstance(refusal, Misconfigured)
    assert "/x.db cannot be written: give this user the right" in str(refusal)


def test_empty_file_becomes_a_store(path: Path) -> None:
    """A file that somebody only touched is as good as none."""
    path.touch()
    SqliteStore(path).close()
    SqliteStore(path).close()


def test_file_held_by_another_process_is_an_outage(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever finds the file locked may try again: nothing is wrong with it."""
    filled(path)
    monkeypatch.setattr(sqlite_file, "_BUSY", 0.05)
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        with pytest.raises(Unavailable, match="held by another process"):
            SqliteStore(path)
    SqliteStore(path).close()


def test_several_may_make_the_file_at_once(path: Path) -> None:
    """Of several that open a new file at the same time all succeed."""
    with ThreadPoolExecutor(4) as pool:
        stores = list(pool.map(SqliteStore, [path] * 8))
    stores[0].change("ana-drive", becomes(progress(cursor="7")))
    assert [store.progress("ana-drive") for store in stores] == [progress(cursor="7")] * 8
    for store in stores:
        store.close()


def test_damage_of_a_working_store_is_an_outage(path: Path) -> None:
    """What goes wrong after the opening is `Unavailable`, in reading and in writing."""
    store = SqliteStore(path)
    execute(path, "DROP TABLE progress")
    with pytest.raises(Unavailable, match="progress"):
        store.progress("ana-drive")
    with pytest.raises(Unavailable, match="progress"):
        store.change("ana-drive", becomes(progress()))
    store.close()


def test_closed_store_is_an_outage(path: Path) -> None:
    """A thread that still works when the store is closed meets an outage, not a crash."""
    store = SqliteStore(path)
    store.close()
    with pytest.raises(Unavailable, match="closed"):
        store.progress("ana-drive")


def test_failing_decision_changes_nothing(path: Path) -> None:
    """An error in a decision undoes its transaction and leaves the store usable."""
    store = SqliteStore(path)
    with pytest.raises(ZeroDivisionError):
        store.change("ana-drive", lambda _: 1 // 0)  # type: ignore[arg-type,return-value]
    store.change("ana-drive", becomes(progress()))
    assert store.progress("ana-drive") == progress()
    store.close()


def test_two_processes_stand_in_line(path: Path) -> None:
    """Whoever comes while another decides waits, and then decides on what that one wrote."""
    store, other = SqliteStore(path), SqliteStore(path)
    store.change("ana-drive", becomes(progress()))

    def count(case: Case) -> Case:
        assert case.progress is not None
        return Case(replace(case.progress, failures=case.progress.failures + 1), {})

    with ThreadPoolExecutor(1) as pool:

        def decide(case: Case) -> Case:
            later.append(pool.submit(other.change, "ana-drive", count))
            sleep(0.05)  # it meets a decision under way
            return count(case)

        later: list[Future[Case | None]] = []
        store.change("ana-drive", decide)
        later[0].result()
    found = store.progress("ana-drive")
    assert found is not None
    assert found.failures == 2
    store.close()
    other.close()
