"""The signing keys in a mounted file: the contract, many threads, and a quick import."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from threading import Barrier

import pytest

from functions.domain.errors import Unavailable
from functions.domain.keyring import Ring
from infra.key_file import FileKeys
from tests.clocks import HandClock
from tests.contracts.keys import KeysContract, ring


@pytest.fixture
def clock() -> HandClock:
    """Give a clock that stands still."""
    return HandClock()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Give an empty file, as a mounted secret: readable by all."""
    path = tmp_path / "signing-keys"
    path.touch(mode=0o444 | 0o200)
    return path


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


@pytest.fixture
def keys(path: Path, clock: HandClock) -> FileKeys:
    """Give the adapter as in the cloud."""
    return FileKeys(path, clock=clock)


class TestMountedKeys(KeysContract):
    pass


def test_a_ring_is_kept_for_five_minutes(
    keys: FileKeys, path: Path, reads: Callable[[], int], clock: HandClock
) -> None:
    """Each reading of a mounted secret is a request to Secret Manager: few may wait for one."""
    path.write_text(ring("a"))
    keys.ring()
    path.write_text(ring("b"))
    clock.sleep(timedelta(minutes=4, seconds=59))
    assert keys.ring().ids == {"a"}
    assert reads() == 1


def test_a_failed_look_for_a_key_is_an_outage_that_leaves_the_ring(
    keys: FileKeys, path: Path
) -> None:
    """Whoever asked cannot be told "no such key"; the others' keys are still good."""
    path.write_text(ring("a"))
    keys.ring()
    path.write_text("")
    with pytest.raises(Unavailable):
        keys.ring(wanted="b")
    assert keys.ring(wanted="a").ids == {"a"}


def test_threads_share_one_reading(path: Path, clock: HandClock, reads: Callable[[], int]) -> None:
    """A burst after a cold start reads the ring once, and all get it."""
    path.write_text(ring("a"))
    keys = FileKeys(path, clock=clock)
    start = Barrier(8)

    def ask(_: int) -> Ring:
        start.wait(5)
        return keys.ring()

    with ThreadPoolExecutor(8) as pool:
        rings = list(pool.map(ask, range(8)))
    assert {each.keys[0].id for each in rings} == {"a"}
    assert reads() == 1


def test_it_brings_no_library_along() -> None:
    """`receive` starts cold while Google waits: no library comes along, Google's least of all."""
    code = "import sys; a = set(sys.modules); import infra.key_file; print(*set(sys.modules) - a)"
    asked = [sys.executable, "-c", code]
    answer = subprocess.run(asked, capture_output=True, text=True, check=True, timeout=20)
    roots = {name.partition(".")[0] for name in answer.stdout.split()}
    assert roots - sys.stdlib_module_names == {"functions", "infra"}
    assert roots.isdisjoint({"asyncio", "http", "logging", "socket", "ssl"})
