"""The token with which jobs are published: asked for when it is needed, and kept."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from google.auth.exceptions import GoogleAuthError

from functions.domain.errors import Unavailable
from infra.cloud.own_token import OwnToken
from infra.cloud.pubsub_jobs import SCOPE, PubsubJobs
from tests.contracts.queues import job
from tests.scripted import Reply, Script, serve_script


@pytest.fixture(scope="module")
def key() -> str:
    """Make a private key: any will do."""
    made = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    form = serialization.PrivateFormat.PKCS8
    return made.private_bytes(
        serialization.Encoding.PEM, form, serialization.NoEncryption()
    ).decode()


@pytest.fixture
def account(key: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Script]:
    """Run as an account whose tokens come from a script."""
    with serve_script() as script:
        path = tmp_path / "account.json"
        path.write_text(
            json.dumps(
                {
                    "type": "service_account",
                    "client_email": "receive@p.iam.gserviceaccount.com",
                    "private_key": key,
                    "private_key_id": "1",
                    "token_uri": f"{script.url}/token",
                    "project_id": "p",
                }
            )
        )
        monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(path))
        monkeypatch.delenv("PUBSUB_EMULATOR_HOST", raising=False)
        yield script


def test_a_token_is_asked_for_once(account: Script) -> None:
    """While it is valid every call bears the same."""
    account.answer(Reply(body={"access_token": "T1", "expires_in": 3600}))
    token = OwnToken(SCOPE)
    assert [token.headers() for _ in range(3)] == [(("authorization", "Bearer T1"),)] * 3
    assert len(account.asked) == 1


def test_a_token_that_ends_is_asked_for_anew(account: Script) -> None:
    """One that is about to end is not sent any more."""
    account.answer(
        Reply(body={"access_token": "T1", "expires_in": 1}),
        Reply(body={"access_token": "T2", "expires_in": 3600}),
    )
    token = OwnToken(SCOPE)
    assert token.headers() != token.headers()


def test_no_token_is_told(account: Script) -> None:
    """Without one nothing is durable: the sender is asked to come again."""
    account.answer(Reply(status=400, body={"error": "invalid_grant"}))
    with pytest.raises(GoogleAuthError):
        OwnToken(SCOPE).headers()
    with pytest.raises(Unavailable, match="takes no messages: RefreshError"):
        PubsubJobs("projects/p/topics/notifications").put(job())
