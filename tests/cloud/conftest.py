"""Fixtures for adapters of the cloud: a scripted Google, calls that do not dawdle, Firestore."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from google.cloud.firestore import Client

from infra.cloud.bearer import simulated
from infra.cloud.firestore_store import connect
from infra.cloud.google_api import GoogleApi
from infra.cloud.tokens import Tokens, open_token_session
from infra.secret_names import oauth_secret
from tests.clocks import HandClock
from tests.cloud.giving import ANA, CONSENT, WORKSPACE, Redirected, Setup
from tests.scripted import Script, serve_script


@pytest.fixture
def firestore(firestore_emulator: str, project: str) -> Iterator[Client]:
    """Give a client of a new project on the emulator."""
    client = connect(project)
    yield client
    client.close()  # type: ignore[no-untyped-call]


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


@pytest.fixture
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let nobody wait between tries."""
    monkeypatch.setattr("google.auth._exponential_backoff.time.sleep", lambda _: None)


@pytest.fixture
def giver() -> Iterator[Script]:
    """Serve what gives tokens: Google's token endpoint and IAM."""
    with serve_script() as script:
        yield script


@pytest.fixture
def tokens(giver: Script) -> Iterator[Tokens]:
    """Give what puts tokens on requests, its session as it is but for where it leads."""
    session = open_token_session()
    for prefix, adapter in list(session.adapters.items()):
        session.mount(prefix, Redirected(giver.url, max_retries=adapter.max_retries))  # type: ignore[attr-defined]
    tokens = Tokens(session, timeout=2)
    yield tokens
    tokens.close()


@pytest.fixture
def setup(script: Script, tokens: Tokens) -> Iterator[Setup]:
    """Give what makes adapters."""
    setup = Setup(script, tokens)
    yield setup
    setup.close()


@pytest.fixture
def consented(setup: Setup) -> GoogleApi:
    """Give an adapter with Ana's consent, and no account to delegate to."""
    return setup.use({oauth_secret(ANA): CONSENT})


@pytest.fixture
def delegated(setup: Setup) -> GoogleApi:
    """Give an adapter with the workspace account, and nobody's consent."""
    return setup.use({}, workspace=WORKSPACE)
