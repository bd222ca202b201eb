"""Fixtures for commands: a folder of one machine with a store, and the command line's own door."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import yaml

from functions.declared.declaration import identity
from functions.declared.watching import declared_watch
from functions.domain.change import fingerprint
from functions.domain.model import Channel, ChannelState, Progress, Watch
from functions.ports import Case
from infra.clock import SystemClock
from infra.local.key_making import open_keys
from infra.local.sqlite_store import SqliteStore

ADDRESS = "https://hooks.example.com/receive"


@dataclass(frozen=True, slots=True)
class Ended:
    """What a command printed, and its exit status."""

    status: int
    out: str
    err: str


Run = Callable[..., Ended]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Give what runs the command line in the test's folder, as `python main.py` does."""
    from infra.cli import main

    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")

    def run_it(*arguments: str, said_before: str = "") -> Ended:
        monkeypatch.setattr("sys.argv", ["main.py", *arguments])
        monkeypatch.setattr("sys.stdin", io.StringIO(said_before))
        with pytest.raises(SystemExit) as ended:
            main()
        said = capsys.readouterr()
        status = ended.value.code
        return Ended(status if isinstance(status, int) else 0, said.out, said.err)

    return run_it


class Folder:
    """The folder of one machine: its watches file, store and keys."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.store = SqliteStore(path / "watchkeeper.db")
        self.now = datetime.now(UTC)
        self.key = open_keys(path / "secrets", clock=SystemClock()).ring().keys[0].id

    def declare(self, *watches: dict[str, object]) -> None:
        """Write the watches file and the declarations."""
        (self.path / "watches.yaml").write_text(yaml.safe_dump({"watches": list(watches)}))
        documents = {
            str(each["id"]): {key: value for key, value in each.items() if key != "id"}
            for each in watches
        }
        self.store.declare(documents, revision="r1")

    def settle(self, name: str, **given: object) -> Progress:
        """Give a declared watch its progress, as after its baseline."""
        document = self.store.declaration(name.partition(":")[0]) or {}
        watch = declared_watch(self.store, name, short_polls=True)
        assert isinstance(watch, Watch)
        usual: dict[str, object] = {
            "short": name,
            "identity": identity(watch),
            "declared": fingerprint(document),
            "source": watch.source,
            "subject": watch.subject,
            "cursor": "41",
            "baseline_at": self.now - timedelta(hours=2),
            "pulled_at": self.now - timedelta(minutes=5),
            "pull_at": self.now + timedelta(minutes=50),
            "look_at": self.now + timedelta(minutes=40),
            "due_at": self.now + timedelta(minutes=40),
            "first_confirmed_at": self.now - timedelta(hours=2),
            "accounted_at": self.now - timedelta(minutes=5),
            "covered_until": self.now + timedelta(hours=22),
        }
        progress = Progress(watch=name, **(usual | given))  # type: ignore[arg-type]
        self.store.change(name, lambda _: Case(progress, {}))
        return progress

    def open(self, id_: str, name: str, **given: object) -> Channel:
        """Give a watch a live channel."""
        progress = self.store.progress(name)
        assert progress is not None
        usual: dict[str, object] = {
            "source": progress.source,
            "subject": progress.subject,
            "state": ChannelState.LIVE,
            "opened_at": self.now - timedelta(hours=2),
            "asked_until": self.now + timedelta(hours=22),
            "confirmed_at": self.now - timedelta(hours=2),
            "expiration": self.now + timedelta(hours=22),
            "resource_id": "R1",
            "key_id": self.key,
            "address": ADDRESS,
            "identity": progress.identity,
        }
        channel = Channel(id=id_, watch=name, **(usual | given))  # type: ignore[arg-type]
        self.store.change(name, lambda case: Case(case.progress, {id_: channel}), channels=(id_,))
        return channel


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Folder]:
    """Give a folder with an empty store and a key."""
    folder = Folder(tmp_path)
    yield folder
    folder.store.close()


@pytest.fixture
def covered(folder: Folder) -> Folder:
    """Give a folder in which one watch is covered by one channel."""
    folder.declare({"id": "ana", "source": "drive.changes", "subject": "ana@example.com"})
    folder.settle("ana")
    folder.open("c1", "ana")
    return folder
