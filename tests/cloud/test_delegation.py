"""Delegation without a key: through google-auth itself to what plays IAM."""

from __future__ import annotations

import json
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from functions.domain.errors import Unavailable
from functions.sources.call import Call
from infra.cloud.google_api import GoogleApi
from infra.secret_names import oauth_secret
from tests.cloud.giving import (
    ANA,
    CONSENT,
    LIST,
    OTHER_SCOPE,
    SCOPE,
    SIGNED,
    WORKSPACE,
    Setup,
    bearers,
    minted,
    token,
    trouble,
)
from tests.scripted import How, Reply, Script

pytestmark = [pytest.mark.usefixtures("no_pauses", "no_waiting"), pytest.mark.timeout(20)]


def test_the_workspace_account_signs_for_the_subject(
    delegated: GoogleApi, giver: Script, script: Script
) -> None:
    """IAM signs what the account would sign with a key, and the endpoint takes that."""
    giver.answer(SIGNED, token())
    delegated.call(LIST, subject=ANA)
    sign, grant = giver.asked
    assert sign.path.endswith(f"/serviceAccounts/{WORKSPACE}:signJwt")
    assert sign.headers["authorization"] == "Bearer SOURCE-TOKEN"
    claims = json.loads(sign.json["payload"])
    assert (claims["iss"], claims["sub"], claims["scope"]) == (WORKSPACE, ANA, SCOPE)
    assert claims["exp"] - claims["iat"] == 3600
    assert grant.path == "/oauth2.googleapis.com/token"
    assert grant.form["assertion"] == "SIGNED.JWT.SIGNED"
    assert bearers(script) == ["ACCESS-TOKEN-NUMBER-1"]


def test_tokens_are_kept_for_each_subject_and_scopes(
    delegated: GoogleApi, giver: Script, script: Script
) -> None:
    """One subject's token is never another's, nor good for other scopes."""
    giver.answer(SIGNED, token(1), SIGNED, token(2), SIGNED, token(3), Reply(status=500, body=b""))
    other = Call(
        api="drive", version="v3", method="changes.list", params={"pageToken": "7"},
        scopes=(OTHER_SCOPE,),
    )  # fmt: skip
    for _ in range(2):
        delegated.call(LIST, subject=ANA)
        delegated.call(LIST, subject="ben@example.com")
        delegated.call(other, subject=ANA)
    assert bearers(script) == [f"ACCESS-TOKEN-NUMBER-{number}" for number in (1, 2, 3, 1, 2, 3)]


def test_a_consent_goes_before_delegation(
    delegated: GoogleApi, setup: Setup, giver: Script
) -> None:
    """Who has consented in person is called as they consented."""
    setup.shelf.values[oauth_secret(ANA)] = json.dumps(CONSENT)
    giver.answer(token())
    delegated.call(LIST, subject=ANA)
    assert giver.asked[0].form["grant_type"] == "refresh_token"


def test_a_consent_that_comes_later_is_used_when_delegation_fails(
    delegated: GoogleApi, setup: Setup, giver: Script
) -> None:
    """Storing a token is a way out of a missing authorisation, without a restart."""
    giver.answer(SIGNED, Reply(status=401, body={"error": "unauthorized_client"}))
    trouble(delegated)
    setup.shelf.values[oauth_secret(ANA)] = json.dumps(CONSENT)
    giver.answer(token())
    delegated.call(LIST, subject=ANA)
    assert giver.asked[-1].form["grant_type"] == "refresh_token"


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_a_hiccup_of_iam_is_sat_out(
    delegated: GoogleApi, giver: Script, script: Script, status: int
) -> None:
    """google-auth asks IAM once; we ask three times before a watch has to wait."""
    hiccup = Reply(status=status, body={"error": {"code": status}})
    giver.answer(hiccup, hiccup, SIGNED, token())
    delegated.call(LIST, subject=ANA)
    assert bearers(script) == ["ACCESS-TOKEN-NUMBER-1"]


def test_a_connection_to_iam_that_breaks_is_sat_out(
    delegated: GoogleApi, giver: Script, script: Script
) -> None:
    """Signing twice does no harm."""
    giver.answer(Reply(how=How.NONE), Reply(how=How.RESET), SIGNED, token())
    delegated.call(LIST, subject=ANA)
    assert bearers(script) == ["ACCESS-TOKEN-NUMBER-1"]


def test_an_outage_of_iam_is_one_of_the_call(
    delegated: GoogleApi, giver: Script, script: Script
) -> None:
    """No watch is parked for it."""
    giver.answer(Reply(status=503, body={"error": {"code": 503, "status": "UNAVAILABLE"}}))
    assert type(trouble(delegated)) is Unavailable
    assert len(giver.asked) == 3
    assert script.asked == []


def test_a_missing_role_is_named_and_waited_for(delegated: GoogleApi, giver: Script) -> None:
    """A role that was just granted takes minutes to arrive."""
    error = {"code": 403, "status": "PERMISSION_DENIED", "message": "hidden"}
    giver.answer(Reply(status=403, body={"error": error}))
    found = trouble(delegated)
    assert type(found) is Unavailable
    assert "PERMISSION_DENIED" in str(found)
    assert "roles/iam.serviceAccountTokenCreator" in str(found)


@pytest.mark.parametrize("body", [b"<html>SIGNED</html>", b"", b"7", {"error": 7}, {"error": {}}])
@pytest.mark.parametrize("status", [200, 403])
def test_an_odd_answer_of_iam_is_an_outage(
    delegated: GoogleApi, giver: Script, status: int, body: object
) -> None:
    """Nothing follows from what cannot be read, and nothing of it is quoted."""
    giver.answer(Reply(status=status, body=body))
    assert type(trouble(delegated)) is Unavailable


def test_without_a_subject_the_account_acts_for_itself(
    delegated: GoogleApi, giver: Script, script: Script
) -> None:
    """Files and calendars may be shared with its address."""
    giver.answer(minted())
    delegated.call(LIST, subject=None)
    assert giver.asked[0].path.endswith(f"/serviceAccounts/{WORKSPACE}:generateAccessToken")
    assert giver.asked[0].json["scope"] == [SCOPE]
    assert bearers(script) == ["ACCESS-TOKEN-NUMBER-1"]


def test_no_thread_is_started(delegated: GoogleApi, giver: Script) -> None:
    """google-auth would look up boundaries beside us, for longer than a request lasts."""
    giver.answer(minted())
    delegated.call(LIST, subject=None)
    assert not [each for each in threading.enumerate() if "Boundary" in type(each).__name__]
    assert len(giver.asked) == 1


def test_memory_is_bounded(
    delegated: GoogleApi, setup: Setup, giver: Script, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of a large domain only so many tokens are kept, those used last."""
    monkeypatch.setattr("infra.cloud.credentials._MOST_KEPT", 2)
    giver.answer(*[reply for number in range(6) for reply in (SIGNED, token(number))])
    for name in ("a", "b", "a", "c", "a"):
        delegated.call(LIST, subject=f"{name}@example.com")
    assert len(giver.asked) == 6
    assert {key[0] for key in setup.credentials._kept} == {"a@example.com", "c@example.com"}


def test_threads_fetch_a_token_once(delegated: GoogleApi, giver: Script, script: Script) -> None:
    """A tick's many calls of one account do not fetch a token each."""
    giver.answer(minted())
    start = threading.Barrier(8)

    def act(_: int) -> None:
        start.wait(5)
        delegated.call(LIST, subject=None)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(act, range(16)))
    assert len(giver.asked) == 1
    assert bearers(script) == ["ACCESS-TOKEN-NUMBER-1"] * 16


def test_threads_share_credentials_made_at_the_same_time(
    delegated: GoogleApi, setup: Setup, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two that find none go on with one: its token is fetched once."""
    both = threading.Barrier(2)

    def read(_: str) -> None:
        both.wait(5)

    monkeypatch.setattr(setup.shelf, "read", read)
    with ThreadPoolExecutor(2) as pool:
        made = list(pool.map(lambda _: setup.credentials(ANA, (SCOPE,)), range(2)))
    assert made[0] is made[1]
