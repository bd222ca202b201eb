"""Signing keys on one machine: made once, rotated, seen at once, and nobody else's."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from functions.domain.errors import Misconfigured, Unavailable
from functions.domain.keyring import MOST_KEYS, parse_ring
from infra.key_file import FileKeys
from infra.local.key_making import new_key, open_keys, rotate
from tests.clocks import START, HandClock
from tests.contracts.keys import KeysContract, ring

_OPEN = """
import sys
from pathlib import Path
from infra.clock import SystemClock
from infra.local.key_making import open_keys
sys.stdin.readline()
print(open_keys(Path(sys.argv[1]), clock=SystemClock()).ring().keys[0].id)
"""


@pytest.fixture
def clock() -> HandClock:
    """Give a clock that stands still."""
    return HandClock()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Name the folder of secrets, not there yet."""
    return tmp_path / "state" / "secrets"


@pytest.fixture
def keys(folder: Path, clock: HandClock) -> FileKeys:
    """Give the adapter as on one machine."""
    return open_keys(folder, clock=clock)


@pytest.fixture
def path(folder: Path, keys: FileKeys) -> Path:
    """Give the file, made by opening the keys."""
    return folder / "signing-keys"


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> Callable[[], int]:
    """Count how often a file is read."""
    counted: list[Path] = []
    read_bytes = Path.read_bytes

    def read(path: Path) -> bytes:
        counted.append(path)
        return read_bytes(path)

    monkeypatch.setattr(Path, "read_bytes", read)
    return lambda: len(counted)


class TestLocalKeys(KeysContract):
    pass


def test_the_first_use_makes_a_key(keys: FileKeys) -> None:
    """Nobody has to set anything up."""
    made = keys.ring().keys
    assert [key.created for key in made] == [START]
    assert len(made[0].secret) >= 43


def test_file_and_folder_are_ours_alone(keys: FileKeys, path: Path) -> None:
    """Whoever reads the ring can forge tokens."""
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700


def test_what_is_there_is_used(keys: FileKeys, folder: Path, clock: HandClock) -> None:
    """Opened again the keys are the same: channels live across a restart."""
    assert open_keys(folder, clock=clock).ring() == keys.ring()


def test_nothing_else_is_left_in_the_folder(keys: FileKeys, folder: Path, clock: HandClock) -> None:
    """Neither making nor rotating leaves a draft behind."""
    rotate(folder, now=clock.now())
    assert [entry.name for entry in folder.iterdir()] == ["signing-keys"]


def test_processes_that_start_together_make_one_ring(folder: Path) -> None:
    """Of several at once one writes the file; the others use it."""
    asked = [sys.executable, "-c", _OPEN, str(folder)]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    started = [subprocess.Popen(asked, text=True, **pipes) for _ in range(4)]  # type: ignore[call-overload]
    for process in started:
        process.stdin.write("go\n")
        process.stdin.flush()
    ids = {process.communicate(timeout=20)[0] for process in started}
    assert len(ids) == 1
    assert len(ids.pop().strip()) == 8


def test_a_rotation_is_seen_at_once(keys: FileKeys, folder: Path, clock: HandClock) -> None:
    """The file is read when it changes; the older key goes on verifying."""
    old = keys.ring().keys[0]
    clock.sleep(timedelta(seconds=1))
    new = rotate(folder, now=clock.now())
    assert keys.ring().keys == (new, old)


def test_a_rotation_without_keys_makes_the_first(folder: Path, clock: HandClock) -> None:
    """A rotation before the first use is no error."""
    key = rotate(folder, now=clock.now())
    assert open_keys(folder, clock=clock).ring().keys == (key,)


def test_a_full_ring_is_not_rotated(keys: FileKeys, path: Path, clock: HandClock) -> None:
    """Which old keys may go is the operator's decision."""
    path.write_text(ring(*(f"k{number}" for number in range(MOST_KEYS))))
    with pytest.raises(Misconfigured, match="remove its last lines"):
        rotate(path.parent, now=clock.now())


def test_ids_do_not_meet(monkeypatch: pytest.MonkeyPatch) -> None:
    """A key never gets the id of another, even if chance would have it."""
    drawn = iter(["aaaa", "bbbb"])
    monkeypatch.setattr("infra.local.key_making.secrets.token_hex", lambda _: next(drawn))
    assert new_key(START, taken=frozenset({"aaaa"})).id == "bbbb"


def test_loose_files_are_refused_with_their_remedy(path: Path, clock: HandClock) -> None:
    """At the start the error has the very command that mends it."""
    path.chmod(0o644)
    with pytest.raises(Misconfigured, match=f"chmod 600 {path}"):
        open_keys(path.parent, clock=clock)


def test_a_loose_folder_is_refused_with_its_remedy(path: Path, clock: HandClock) -> None:
    """The same for the folder."""
    path.parent.chmod(0o755)
    with pytest.raises(Misconfigured, match=f"chmod 700 {path.parent}$"):
        open_keys(path.parent, clock=clock)


def test_what_gets_loose_later_is_an_outage_with_the_remedy(keys: FileKeys, path: Path) -> None:
    """A running system answers 503 until the file is mended, and says how."""
    keys.ring()
    path.chmod(0o640)
    with pytest.raises(Unavailable, match="chmod 600 "):  # a long path is cut off
        keys.ring()
    path.chmod(0o600)
    assert keys.ring().keys


def test_the_file_is_in_the_format_of_the_ring(keys: FileKeys, path: Path) -> None:
    """Keys of one machine can be moved to the cloud as they are."""
    assert parse_ring(path.read_text()) == keys.ring()
