"""Fixtures that every test may ask for: Google's emulators, a project of its own, and no strangers.

The long runs are behind `WATCHKEEPER_SOAK=1` (`make soak`). Emulators start at the first test that
asks (once a session, or once a pytest-xdist worker). A test that asks for one bears the mark
`emulator`, so `pytest -m 'not emulator'` is the quick round.
"""

from __future__ import annotations

import fcntl
import ipaddress
import os
import socket
import uuid
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import hypothesis
import pytest

from tests import emulators
from tests.emulators import FIRESTORE, PUBSUB, Emulator

# These are no test files, but their asserts deserve to be explained, too.
pytest.register_assert_rewrite("tests.contracts", "tests.world")

# A busy machine is not a bug: pytest's own timeout ends what is stuck.
hypothesis.settings.register_profile("watchkeeper", deadline=None, print_blob=True)
hypothesis.settings.load_profile("watchkeeper")

_REQUIRED = "WATCHKEEPER_REQUIRE_EMULATORS"
_SOAK = "WATCHKEEPER_SOAK"
_TESTS = Path(__file__).parent
_STARTED = ExitStack()
_WAITING = {"e2e", "processes", "hostile", "examples", "machine"}

# Taken out of the environment, so that only tests that ask for an emulator meet one.
_GIVEN = {each.variable: os.environ.pop(each.variable, "") for each in (FIRESTORE, PUBSUB)}
os.environ.pop("GOOGLE_APPLICATION_CREDENTIALS", None)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests on an emulator, leave out long runs, and deal the rest out."""
    items[:] = deal(items)
    wanting = {"firestore_address", "pubsub_address"}
    for item in items:
        if wanting & set(getattr(item, "fixturenames", ())):
            item.add_marker(pytest.mark.emulator)
        if item.get_closest_marker("soak") and os.environ.get(_SOAK) != "1":
            item.add_marker(pytest.mark.skip(reason=f"a long run: `make soak` or {_SOAK}=1"))


def deal(items: list[pytest.Item]) -> list[pytest.Item]:
    """Order tests so that several workers are busy all the time.

    What takes longest comes first: at the end it would keep one worker busy while the others are
    done. Files that mostly wait, for processes of their own, are dealt among those that compute.
    """
    files: dict[Path, list[pytest.Item]] = {}
    for item in items:
        files.setdefault(item.path, []).append(item)
    rows: list[list[Path]] = [[], [], []]
    for path in files:
        folder = path.relative_to(_TESTS).parts[0]
        rows[0 if folder == "terraform" else 1 if folder in _WAITING else 2].append(path)
    first, waiting, working = rows
    share = len(working) / max(len(waiting), 1)
    place = {path: (number + 1) * share for number, path in enumerate(waiting)}
    place |= {path: float(number) for number, path in enumerate(working)}
    order = [*first, *sorted(place, key=lambda path: place[path])]
    return [item for path in order for item in files[path]]


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Show the figures that tests have noted."""
    reports = [each for of in terminalreporter.stats.values() for each in of]
    noted = [
        (getattr(each, "nodeid", "").rpartition("::")[2], value)
        for each in reports
        for name, value in getattr(each, "user_properties", ())
        if name == "figures" and each.when == "call"
    ]
    if noted:
        terminalreporter.section("figures")
        for test, value in noted:
            terminalreporter.line(f"{test}: {value}")


@pytest.fixture
def figures(record_property: Callable[[str, object], None]) -> Callable[[str], None]:
    """Note what was measured, for the summary."""
    return lambda text: record_property("figures", text)


@pytest.fixture(scope="session")
def firestore_address(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Run a Firestore emulator; `host:port`. The environment stays as it is."""
    return _address(FIRESTORE, common_folder(tmp_path_factory))


@pytest.fixture(scope="session")
def pubsub_address(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Run a Pub/Sub emulator; `host:port`. The environment stays as it is."""
    return _address(PUBSUB, common_folder(tmp_path_factory))


def common_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the folder that all workers of pytest-xdist have in common."""
    mine = tmp_path_factory.getbasetemp()
    return mine.parent if "PYTEST_XDIST_WORKER" in os.environ else mine


@pytest.fixture
def firestore_emulator(firestore_address: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """Point Firestore clients made in this test to the emulator; `host:port`."""
    monkeypatch.setenv(FIRESTORE.variable, firestore_address)
    return firestore_address


@pytest.fixture
def pubsub_emulator(pubsub_address: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """Point Pub/Sub clients made in this test to the emulator; `host:port`."""
    monkeypatch.setenv(PUBSUB.variable, pubsub_address)
    return pubsub_address


@pytest.fixture
def project() -> str:
    """Name a project that no other test uses: emulators keep projects apart and take any name."""
    return f"test-{uuid.uuid4().hex[:12]}"


@pytest.fixture(autouse=True)
def _only_loopback(monkeypatch: pytest.MonkeyPatch) -> None:
    """Refuse connections of Python sockets to other machines; no test may need one."""
    connect = socket.socket.connect

    def connect_here(self: socket.socket, address: tuple[str, int] | str) -> None:
        if isinstance(address, tuple) and not _is_loopback(address[0]):
            raise AssertionError(f"a test tried to reach {address[0]}:{address[1]}")
        connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", connect_here)


def _is_loopback(host: str) -> bool:
    return host == "localhost" or ipaddress.ip_address(host).is_loopback


def _address(emulator: Emulator, folder: Path) -> str:
    if given := _GIVEN[emulator.variable]:
        return given
    try:
        return _joined(emulator, folder)
    except emulators.EmulatorMissingError as missing:
        if os.environ.get(_REQUIRED) == "1":
            raise
        pytest.skip(str(missing))


def _joined(emulator: Emulator, folder: Path) -> str:
    """Use the emulator that another worker started, or start it for all.

    Whoever uses it holds a lock, for which the one that started it waits in the end.
    """
    noted = folder / emulator.component
    users = _STARTED.enter_context(noted.with_suffix(".users").open("w"))
    fcntl.flock(users, fcntl.LOCK_SH)
    with noted.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not noted.exists():
            address = _STARTED.enter_context(emulators.running(emulator))
            _STARTED.callback(noted.unlink)  # who comes after its end starts another one
            _STARTED.callback(fcntl.flock, users, fcntl.LOCK_EX)
            noted.write_text(address)
    return noted.read_text()


def pytest_unconfigure() -> None:
    """End the emulators that were started here, when no other worker uses them any more."""
    _STARTED.close()
