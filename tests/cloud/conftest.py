"""Fixtures for the adapters of Google's APIs: a scripted Google, and calls that do not dawdle."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from infra.cloud.bearer import simulated
from infra.cloud.google_api import GoogleApi
from tests.clocks import HandClock
from tests.scripted import Script, serve_script


@pytest.fixture
def script() -> Iterator[Script]:
    """Serve a scripted Google."""
    with serve_script() as script:
        yield script


@pytest.fixture
def clock() -> HandClock:
    """Give a clock that stands still."""
    return HandClock()


@pytest.fixture
def api(script: Script, clock: HandClock) -> Iterator[GoogleApi]:
    """Give the adapter, pointed to the script."""
    api = GoogleApi(simulated, script.url, timeout=5, clock=clock)
    yield api
    api.close()


@pytest.fixture
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let Google's library draw pauses of no length between its tries."""
    monkeypatch.setattr("googleapiclient.http.random.random", lambda: 0.0)
