"""Fixtures of the deployment in processes: Google as the end-to-end tests have it, emulators."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.conftest import google  # noqa: F401 - a fixture
from tests.e2e.simulated import Simulated
from tests.emulators import FIRESTORE, PUBSUB
from tests.processes.emulated import Emulated, emulated
from tests.processes.installation import Installation


@pytest.fixture
def installation(
    tmp_path: Path,
    google: Simulated,  # noqa: F811
    firestore_emulator: str,
    pubsub_emulator: str,
    project: str,
) -> Installation:
    """Give a deployment of which nothing runs yet."""
    where = {FIRESTORE.variable: firestore_emulator, PUBSUB.variable: pubsub_emulator}
    return Installation(tmp_path, project, google=google.url, emulators=where)


@pytest.fixture
def own_firestore(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Emulated]:
    """Run a Firestore emulator that nobody else uses."""
    with emulated(FIRESTORE, tmp_path) as running:
        monkeypatch.setenv(FIRESTORE.variable, running.address)
        yield running


@pytest.fixture
def own_pubsub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Emulated]:
    """Run a Pub/Sub emulator that nobody else uses."""
    with emulated(PUBSUB, tmp_path) as running:
        monkeypatch.setenv(PUBSUB.variable, running.address)
        yield running


@pytest.fixture
def own_installation(
    tmp_path: Path,
    google: Simulated,  # noqa: F811
    own_firestore: Emulated,
    own_pubsub: Emulated,
    project: str,
) -> Installation:
    """Give a deployment on emulators that may be restarted."""
    where = {FIRESTORE.variable: own_firestore.address, PUBSUB.variable: own_pubsub.address}
    return Installation(tmp_path, project, google=google.url, emulators=where)
