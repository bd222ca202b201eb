"""The token with which jobs are published: asked for when it is needed, and kept."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from functions.domain.errors import Unavailable
from infra.cloud.own_token import OwnToken
from infra.cloud.patience import NoTokenError, Patience
from infra.cloud.pubsub_jobs import SCOPE, PubsubJobs
from tests.contracts.queues import job
from tests.scripted import How, Reply, Script, serve_script

LITTLE = Patience(each=timedelta(milliseconds=300), whole=timedelta(milliseconds=800))


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
    assert [token.headers(1) for _ in range(3)] == [(("authorization", "Bearer T1"),)] * 3
    assert len(account.asked) == 1


def test_a_token_that_ends_is_asked_for_anew(account: Script) -> None:
    """One that is about to end is not sent any more."""
    account.answer(
        Reply(body={"access_token": "T1", "expires_in": 1}),
        Reply(body={"access_token": "T2", "expires_in": 3600}),
    )
    token = OwnToken(SCOPE)
    assert token.headers(1) != token.headers(1)


def test_no_token_is_told(account: Script) -> None:
    """Without one nothing is durable: the sender is asked to come again."""
    account.answer(Reply(status=400, body={"error": "invalid_grant"}))
    with pytest.raises(NoTokenError) as told:
        OwnToken(SCOPE).headers(1)
    assert not told.value.passing
    with pytest.raises(Unavailable, match="takes no messages: no token: RefreshError"):
        PubsubJobs("projects/p/topics/notifications").put(job())


def test_a_silent_server_is_waited_for_in_all_threads_together(account: Script) -> None:
    """Whoever waits behind another waits no longer than alone."""
    account.answer(Reply(how=How.LATE))
    jobs = PubsubJobs("projects/p/topics/notifications", patience=LITTLE)
    told: list[str] = []

    def put() -> None:
        with pytest.raises(Unavailable, match="no token") as trouble:
            jobs.put(job())
        told.append(trouble.value.text)

    began = time.monotonic()
    threads = [threading.Thread(target=put) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(told) == 4
    assert time.monotonic() - began < 2


@pytest.mark.parametrize(
    "reply",
    [
        Reply(status=503, body={}),
        Reply(body={"access_token": "very-secret"}, how=How.TORN),
        Reply(body={"access_token": "very-secret", "expires_in": "soon"}),
        Reply(body=[]),
        Reply(body=b"very-secret"),
    ],
    ids=["busy", "torn", "no number", "a list", "no json"],
)
def test_an_odd_answer_is_an_outage_that_is_not_quoted(account: Script, reply: Reply) -> None:
    """Whatever comes for a token, `receive` has its own error, without the answer's text."""
    account.answer(reply)
    with pytest.raises(Unavailable, match="no token") as told:
        PubsubJobs("projects/p/topics/notifications", patience=LITTLE).put(job())
    assert "very-secret" not in told.value.text


def test_a_token_serves_until_its_end(account: Script) -> None:
    """It is renewed minutes before; if that fails, it is used as long as it is good."""
    account.answer(
        Reply(body={"access_token": "T1", "expires_in": 100}), Reply(status=503, body={})
    )
    token = OwnToken(SCOPE)
    assert [token.headers(1) for _ in range(2)] == [(("authorization", "Bearer T1"),)] * 2
    assert len(account.asked) == 2
