"""A person's stored consent: how its token is used, kept, replaced and given up."""

from __future__ import annotations

import json

import pytest

from functions.domain.errors import Refused, Unavailable
from functions.domain.model import Verdict
from functions.sources.call import Call
from infra.cloud.google_api import GoogleApi
from infra.cloud.tokens import Tokens
from infra.secret_names import oauth_secret
from tests.cloud.giving import (
    ANA,
    CONSENT,
    LIST,
    SIGNED,
    UNAUTHENTICATED,
    WATCH,
    WORKSPACE,
    Setup,
    bearers,
    source,
    token,
    trouble,
)
from tests.scripted import Reply, Script

pytestmark = [pytest.mark.usefixtures("no_pauses", "no_waiting"), pytest.mark.timeout(20)]


def test_the_stored_token_is_exchanged(consented: GoogleApi, giver: Script, script: Script) -> None:
    """The secret's refresh token becomes an access token at Google's token endpoint."""
    giver.answer(token())
    consented.call(LIST, subject=ANA)
    asked = giver.asked[0]
    assert asked.path == "/oauth2.googleapis.com/token"
    assert asked.form == {"grant_type": "refresh_token", **CONSENT}
    assert bearers(script) == ["ACCESS-TOKEN-NUMBER-1"]


def test_the_secret_may_name_another_endpoint(setup: Setup, giver: Script, tokens: Tokens) -> None:
    """Some accounts' tokens are exchanged elsewhere."""
    api = setup.use({oauth_secret(ANA): {**CONSENT, "token_uri": "https://accounts.example/token"}})
    giver.answer(token())
    api.call(LIST, subject=ANA)
    assert giver.asked[0].path == "/accounts.example/token"


def test_one_token_serves_an_hour(consented: GoogleApi, giver: Script) -> None:
    """Tokens are kept, whatever is called with them."""
    giver.answer(token())
    for _ in range(5):
        consented.call(LIST, subject=ANA)
    assert len(giver.asked) == 1


def test_letters_case_makes_no_other_account(consented: GoogleApi, giver: Script) -> None:
    """Addresses are one in any case."""
    giver.answer(token())
    consented.call(LIST, subject=ANA)
    consented.call(LIST, subject=ANA.upper())
    assert len(giver.asked) == 1


def test_a_token_that_ends_soon_is_replaced(
    consented: GoogleApi, giver: Script, script: Script
) -> None:
    """A call never starts with a token that is about to end."""
    giver.answer(token(1, expires_in=60), token(2))
    consented.call(LIST, subject=ANA)
    consented.call(LIST, subject=ANA)
    assert bearers(script) == ["ACCESS-TOKEN-NUMBER-1", "ACCESS-TOKEN-NUMBER-2"]


def test_while_a_token_lasts_the_secret_is_not_looked_at(
    consented: GoogleApi, giver: Script, setup: Setup
) -> None:
    """Reading a secret costs money: a thousand accounts do it once an hour each."""
    giver.answer(token())
    for _ in range(5):
        consented.call(LIST, subject=ANA)
    assert setup.shelf.reads == 1


def test_a_new_consent_is_used_once_the_old_one_fails(
    consented: GoogleApi, giver: Script, setup: Setup, script: Script
) -> None:
    """An owner who consented again waits for no restart."""
    giver.answer(Reply(status=400, body={"error": "invalid_grant"}))
    trouble(consented)
    setup.shelf.values[oauth_secret(ANA)] = json.dumps({**CONSENT, "refresh_token": "NEW"})
    giver.answer(token(2))
    consented.call(LIST, subject=ANA)
    assert giver.asked[-1].form["refresh_token"] == "NEW"
    assert bearers(script) == ["ACCESS-TOKEN-NUMBER-2"]


@pytest.mark.parametrize("call", [LIST, WATCH], ids=lambda call: call.method)
def test_a_token_that_google_no_longer_takes_is_replaced_at_once(
    consented: GoogleApi, giver: Script, script: Script, call: Call
) -> None:
    """A 401 did nothing: with another token the call goes through, of a watch, too."""
    giver.answer(token(1), token(2))
    script.answer(UNAUTHENTICATED, Reply())
    consented.call(call, subject=ANA)
    assert bearers(script) == ["ACCESS-TOKEN-NUMBER-1", "ACCESS-TOKEN-NUMBER-2"]


def test_an_access_token_is_never_repeated(
    consented: GoogleApi, giver: Script, script: Script
) -> None:
    """Even if Google quotes it."""
    giver.answer(token())
    error = {"errors": [{"reason": "bad"}], "message": "what is ACCESS-TOKEN-NUMBER-1?"}
    script.answer(Reply(status=400, body={"error": error}))
    assert str(trouble(consented)) == "400 bad: what is ***?"


def test_a_new_token_that_is_not_taken_either_is_a_refusal(
    consented: GoogleApi, giver: Script, script: Script
) -> None:
    """Two tokens are enough to know."""
    giver.answer(token(1), token(2), token(3))
    script.answer(UNAUTHENTICATED)
    found = trouble(consented)
    assert isinstance(found, Refused)
    assert found.verdict is Verdict.UNAUTHORIZED
    assert len(script.asked) == 2


def test_a_token_that_another_thread_has_replaced_is_not_replaced_again(
    tokens: Tokens, giver: Script
) -> None:
    """Of many calls that were refused with one token the first gets another for all."""
    credentials = source()
    assert tokens.renew(credentials, "an older token", subject=ANA)
    assert credentials.token == "SOURCE-TOKEN"
    assert giver.asked == []


def test_a_401_about_the_address_is_not_about_the_token(
    consented: GoogleApi, giver: Script, script: Script
) -> None:
    """Google refuses to notify an address with a 401: no other token changes that."""
    giver.answer(token())
    error = {"errors": [{"reason": "push.webhookUrlUnauthorized"}], "message": "no"}
    script.answer(Reply(status=401, body={"error": error}))
    trouble(consented, WATCH)
    assert (len(script.asked), len(giver.asked)) == (1, 1)


def test_access_that_ended_is_found_out_by_a_401(
    consented: GoogleApi, giver: Script, script: Script
) -> None:
    """The token was good for an hour, the consent was not: the next try asks anew."""
    giver.answer(token(), Reply(status=400, body={"error": "invalid_grant"}))
    script.answer(UNAUTHENTICATED)
    for _ in range(2):
        assert "invalid_grant" in str(trouble(consented))
    assert len(script.asked) == 1


@pytest.mark.parametrize(
    "consent", ["", "null", "7", "[]", "{}", "REFRESH-TOKEN", '{"client_id": 7}', "[" * 9999]
)
def test_a_secret_that_is_no_consent_names_what_is_missing(
    consented: GoogleApi, setup: Setup, consent: str
) -> None:
    """The text has the secret's name and fields, never its value."""
    setup.shelf.values[oauth_secret(ANA)] = consent
    found = trouble(consented)
    assert isinstance(found, Refused)
    assert "client_id, client_secret, refresh_token" in str(found)


def test_an_outage_of_the_secrets_is_one_of_the_call(
    setup: Setup, consented: GoogleApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whether there is a consent is not known: delegation must not be tried instead."""

    def fail(_: str) -> None:
        raise Unavailable("the secret cannot be read")

    monkeypatch.setattr(setup.shelf, "read", fail)
    assert type(trouble(consented)) is Unavailable


def test_an_address_too_long_for_a_secret_has_none(setup: Setup, giver: Script) -> None:
    """Its owner's calls are delegated."""
    giver.answer(SIGNED, token())
    api = setup.use({}, workspace=WORKSPACE)
    api.call(LIST, subject="x" * 200 + "@example.com")
    assert setup.shelf.reads == 0
