"""Whose credentials a call has, and what it means to have none: through google-auth itself."""

from __future__ import annotations

import json
import threading
import traceback
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests
from google.auth.credentials import Credentials
from google.auth.exceptions import DefaultCredentialsError
from google.oauth2 import credentials as oauth2
from requests.adapters import HTTPAdapter

from functions.domain.errors import Refused, Trouble, Unavailable
from functions.domain.model import Verdict
from functions.sources.call import Call
from infra.cloud.credentials import AccountCredentials
from infra.cloud.google_api import GoogleApi
from infra.cloud.tokens import Tokens, open_token_session
from infra.secret_names import oauth_secret
from tests.clocks import HandClock
from tests.scripted import How, Reply, Script, serve_script

pytestmark = [pytest.mark.usefixtures("no_pauses", "no_waiting"), pytest.mark.timeout(20)]

ANA = "ana@example.com"
WORKSPACE = "workspace@ours.iam.gserviceaccount.com"
SCOPE = "https://www.googleapis.com/auth/drive.metadata.readonly"
OTHER_SCOPE = "https://www.googleapis.com/auth/calendar.readonly"
LIST = Call(
    api="drive", version="v3", method="changes.list", params={"pageToken": "7"}, scopes=(SCOPE,)
)
WATCH = Call(
    api="drive", version="v3", method="changes.watch", params={"pageToken": "7"}, scopes=(SCOPE,),
    body={"id": "c1"}, once=True,
)  # fmt: skip
CONSENT = {"client_id": "id", "client_secret": "CLIENT-SECRET", "refresh_token": "REFRESH-TOKEN"}
SECRETS = ("CLIENT-SECRET", "REFRESH-TOKEN", "SOURCE-TOKEN", "ACCESS-TOKEN", "SIGNED")


class Shelf:
    """The port `Secrets` in memory; counts its readings."""

    def __init__(self, values: Mapping[str, str]) -> None:
        self.values = dict(values)
        self.reads = 0

    def read(self, name: str) -> str | None:
        self.reads += 1
        return self.values.get(name)


class Redirected(HTTPAdapter):
    """Sends to a script what was meant for one of Google's hosts."""

    def __init__(self, url: str, **options: Any) -> None:
        super().__init__(**options)
        self._url = url

    def send(self, request: requests.PreparedRequest, *args: Any, **options: Any) -> Any:
        assert request.url is not None
        assert request.url.startswith("https://")
        request.url = self._url + request.url.removeprefix("https:/")
        return super().send(request, *args, **options)


def token(number: int = 1, **fields: Any) -> Reply:
    """Make an answer with an access token."""
    name = f"ACCESS-TOKEN-NUMBER-{number}"
    return Reply(body={"access_token": name, "expires_in": 3600, "token_type": "Bearer"} | fields)


def minted(number: int = 1) -> Reply:
    """Make IAM's answer with an access token."""
    ends = (datetime.now(UTC) + timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
    return Reply(body={"accessToken": f"ACCESS-TOKEN-NUMBER-{number}", "expireTime": ends})


SIGNED = Reply(body={"keyId": "k", "signedJwt": "SIGNED.JWT.SIGNED"})
UNAUTHENTICATED = Reply(
    status=401, body={"error": {"errors": [{"reason": "authError"}], "message": "Invalid"}}
)


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


def source() -> Credentials:
    """Make the credentials of this process."""
    return oauth2.Credentials("SOURCE-TOKEN")  # type: ignore[no-untyped-call]


class Setup:
    """An adapter with credentials of some kind."""

    def __init__(self, script: Script, tokens: Tokens) -> None:
        self._script = script
        self._tokens = tokens
        self.shelf = Shelf({})
        self.credentials = AccountCredentials(secrets=self.shelf, source=source)
        self._apis: list[GoogleApi] = []

    def use(self, secrets: Mapping[str, Any], **options: Any) -> GoogleApi:
        """Make the adapter with these secrets."""
        texts = {name: json.dumps(value) for name, value in secrets.items()}
        self.shelf = Shelf(texts)
        self.credentials = AccountCredentials(secrets=self.shelf, **{"source": source, **options})
        api = GoogleApi(
            self.credentials, self._script.url, 5, clock=HandClock(), tokens=self._tokens
        )
        self._apis.append(api)
        return api

    def close(self) -> None:
        """Close all that was made."""
        for api in self._apis:
            api.close()


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


def trouble(api: GoogleApi, call: Call = LIST, subject: str | None = ANA) -> Trouble:
    """Give the error that a call ends with; it shows no secret, not even in its causes."""
    with pytest.raises(Trouble) as raised:
        api.call(call, subject=subject)
    shown = "".join(traceback.format_exception(raised.value))
    assert not [secret for secret in SECRETS if secret in shown]
    return raised.value


def bearers(script: Script) -> list[str]:
    """Give the tokens that Google was shown."""
    return [asked.headers["authorization"].removeprefix("Bearer ") for asked in script.asked]


class TestConsent:
    def test_the_stored_token_is_exchanged(
        self, consented: GoogleApi, giver: Script, script: Script
    ) -> None:
        """The secret's refresh token becomes an access token at Google's token endpoint."""
        giver.answer(token())
        consented.call(LIST, subject=ANA)
        asked = giver.asked[0]
        assert asked.path == "/oauth2.googleapis.com/token"
        assert asked.form == {"grant_type": "refresh_token", **CONSENT}
        assert bearers(script) == ["ACCESS-TOKEN-NUMBER-1"]

    def test_the_secret_may_name_another_endpoint(
        self, setup: Setup, giver: Script, tokens: Tokens
    ) -> None:
        """Some accounts' tokens are exchanged elsewhere."""
        api = setup.use(
            {oauth_secret(ANA): {**CONSENT, "token_uri": "https://accounts.example/token"}}
        )
        giver.answer(token())
        api.call(LIST, subject=ANA)
        assert giver.asked[0].path == "/accounts.example/token"

    def test_one_token_serves_an_hour(self, consented: GoogleApi, giver: Script) -> None:
        """Tokens are kept, whatever is called with them."""
        giver.answer(token())
        for _ in range(5):
            consented.call(LIST, subject=ANA)
        assert len(giver.asked) == 1

    def test_letters_case_makes_no_other_account(self, consented: GoogleApi, giver: Script) -> None:
        """Addresses are one in any case."""
        giver.answer(token())
        consented.call(LIST, subject=ANA)
        consented.call(LIST, subject=ANA.upper())
        assert len(giver.asked) == 1

    def test_a_token_that_ends_soon_is_replaced(
        self, consented: GoogleApi, giver: Script, script: Script
    ) -> None:
        """A call never starts with a token that is about to end."""
        giver.answer(token(1, expires_in=60), token(2))
        consented.call(LIST, subject=ANA)
        consented.call(LIST, subject=ANA)
        assert bearers(script) == ["ACCESS-TOKEN-NUMBER-1", "ACCESS-TOKEN-NUMBER-2"]

    def test_while_a_token_lasts_the_secret_is_not_looked_at(
        self, consented: GoogleApi, giver: Script, setup: Setup
    ) -> None:
        """Reading a secret costs money: a thousand accounts do it once an hour each."""
        giver.answer(token())
        for _ in range(5):
            consented.call(LIST, subject=ANA)
        assert setup.shelf.reads == 1

    def test_a_new_consent_is_used_once_the_old_one_fails(
        self, consented: GoogleApi, giver: Script, setup: Setup, script: Script
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
        self, consented: GoogleApi, giver: Script, script: Script, call: Call
    ) -> None:
        """A 401 did nothing: with another token the call goes through, of a watch, too."""
        giver.answer(token(1), token(2))
        script.answer(UNAUTHENTICATED, Reply())
        consented.call(call, subject=ANA)
        assert bearers(script) == ["ACCESS-TOKEN-NUMBER-1", "ACCESS-TOKEN-NUMBER-2"]

    def test_an_access_token_is_never_repeated(
        self, consented: GoogleApi, giver: Script, script: Script
    ) -> None:
        """Even if Google quotes it."""
        giver.answer(token())
        error = {"errors": [{"reason": "bad"}], "message": "what is ACCESS-TOKEN-NUMBER-1?"}
        script.answer(Reply(status=400, body={"error": error}))
        assert str(trouble(consented)) == "400 bad: what is ***?"

    def test_a_new_token_that_is_not_taken_either_is_a_refusal(
        self, consented: GoogleApi, giver: Script, script: Script
    ) -> None:
        """Two tokens are enough to know."""
        giver.answer(token(1), token(2), token(3))
        script.answer(UNAUTHENTICATED)
        found = trouble(consented)
        assert isinstance(found, Refused)
        assert found.verdict is Verdict.UNAUTHORIZED
        assert len(script.asked) == 2

    def test_a_401_about_the_address_is_not_about_the_token(
        self, consented: GoogleApi, giver: Script, script: Script
    ) -> None:
        """Google refuses to notify an address with a 401: no other token changes that."""
        giver.answer(token())
        error = {"errors": [{"reason": "push.webhookUrlUnauthorized"}], "message": "no"}
        script.answer(Reply(status=401, body={"error": error}))
        trouble(consented, WATCH)
        assert (len(script.asked), len(giver.asked)) == (1, 1)

    def test_access_that_ended_is_found_out_by_a_401(
        self, consented: GoogleApi, giver: Script, script: Script
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
        self, consented: GoogleApi, setup: Setup, consent: str
    ) -> None:
        """The text has the secret's name and fields, never its value."""
        setup.shelf.values[oauth_secret(ANA)] = consent
        found = trouble(consented)
        assert isinstance(found, Refused)
        assert "client_id, client_secret, refresh_token" in str(found)

    def test_an_outage_of_the_secrets_is_one_of_the_call(
        self, setup: Setup, consented: GoogleApi, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Whether there is a consent is not known: delegation must not be tried instead."""

        def fail(_: str) -> None:
            raise Unavailable("the secret cannot be read")

        monkeypatch.setattr(setup.shelf, "read", fail)
        assert type(trouble(consented)) is Unavailable

    def test_an_address_too_long_for_a_secret_has_none(self, setup: Setup, giver: Script) -> None:
        """Its owner's calls are delegated."""
        giver.answer(SIGNED, token())
        api = setup.use({}, workspace=WORKSPACE)
        api.call(LIST, subject="x" * 200 + "@example.com")
        assert setup.shelf.reads == 0


class TestDelegation:
    def test_the_workspace_account_signs_for_the_subject(
        self, delegated: GoogleApi, giver: Script, script: Script
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
        self, delegated: GoogleApi, giver: Script, script: Script
    ) -> None:
        """One subject's token is never another's, nor good for other scopes."""
        giver.answer(
            SIGNED, token(1), SIGNED, token(2), SIGNED, token(3), Reply(status=500, body=b"")
        )
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
        self, delegated: GoogleApi, setup: Setup, giver: Script
    ) -> None:
        """Who has consented in person is called as they consented."""
        setup.shelf.values[oauth_secret(ANA)] = json.dumps(CONSENT)
        giver.answer(token())
        delegated.call(LIST, subject=ANA)
        assert giver.asked[0].form["grant_type"] == "refresh_token"

    def test_a_consent_that_comes_later_is_used_when_delegation_fails(
        self, delegated: GoogleApi, setup: Setup, giver: Script
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
        self, delegated: GoogleApi, giver: Script, script: Script, status: int
    ) -> None:
        """google-auth asks IAM once; we ask three times before a watch has to wait."""
        hiccup = Reply(status=status, body={"error": {"code": status}})
        giver.answer(hiccup, hiccup, SIGNED, token())
        delegated.call(LIST, subject=ANA)
        assert bearers(script) == ["ACCESS-TOKEN-NUMBER-1"]

    def test_a_connection_to_iam_that_breaks_is_sat_out(
        self, delegated: GoogleApi, giver: Script, script: Script
    ) -> None:
        """Signing twice does no harm."""
        giver.answer(Reply(how=How.NONE), Reply(how=How.RESET), SIGNED, token())
        delegated.call(LIST, subject=ANA)
        assert bearers(script) == ["ACCESS-TOKEN-NUMBER-1"]

    def test_an_outage_of_iam_is_one_of_the_call(
        self, delegated: GoogleApi, giver: Script, script: Script
    ) -> None:
        """No watch is parked for it."""
        giver.answer(Reply(status=503, body={"error": {"code": 503, "status": "UNAVAILABLE"}}))
        assert type(trouble(delegated)) is Unavailable
        assert len(giver.asked) == 3
        assert script.asked == []

    def test_a_missing_role_is_named_and_waited_for(
        self, delegated: GoogleApi, giver: Script
    ) -> None:
        """A role that was just granted takes minutes to arrive."""
        error = {"code": 403, "status": "PERMISSION_DENIED", "message": "hidden"}
        giver.answer(Reply(status=403, body={"error": error}))
        found = trouble(delegated)
        assert type(found) is Unavailable
        assert "PERMISSION_DENIED" in str(found)
        assert "roles/iam.serviceAccountTokenCreator" in str(found)

    def test_without_a_subject_the_account_acts_for_itself(
        self, delegated: GoogleApi, giver: Script, script: Script
    ) -> None:
        """Files and calendars may be shared with its address."""
        giver.answer(minted())
        delegated.call(LIST, subject=None)
        assert giver.asked[0].path.endswith(f"/serviceAccounts/{WORKSPACE}:generateAccessToken")
        assert giver.asked[0].json["scope"] == [SCOPE]
        assert bearers(script) == ["ACCESS-TOKEN-NUMBER-1"]

    def test_no_thread_is_started(self, delegated: GoogleApi, giver: Script) -> None:
        """google-auth would look up boundaries beside us, for longer than a request lasts."""
        giver.answer(minted())
        delegated.call(LIST, subject=None)
        assert not [each for each in threading.enumerate() if "Boundary" in type(each).__name__]
        assert len(giver.asked) == 1

    def test_memory_is_bounded(
        self, delegated: GoogleApi, setup: Setup, giver: Script, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Of a large domain only so many tokens are kept, those used last."""
        monkeypatch.setattr("infra.cloud.credentials._MOST_KEPT", 2)
        giver.answer(*[reply for number in range(6) for reply in (SIGNED, token(number))])
        for name in ("a", "b", "a", "c", "a"):
            delegated.call(LIST, subject=f"{name}@example.com")
        assert len(giver.asked) == 6
        assert {key[0] for key in setup.credentials._kept} == {"a@example.com", "c@example.com"}

    def test_threads_fetch_a_token_once(
        self, delegated: GoogleApi, giver: Script, script: Script
    ) -> None:
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


class TestRefusals:
    @pytest.mark.parametrize(
        ("code", "step"),
        [
            ("invalid_grant", "store a new OAuth token"),
            ("unauthorized_client", "https://admin.google.com/ac/owl/domainwidedelegation"),
            ("invalid_client", "store a new OAuth token"),
            ("access_denied", "https://admin.google.com/ac/owl"),
            ("invalid_scope", "https://admin.google.com/ac/owl/domainwidedelegation"),
            ("deleted_client", "store a new OAuth token"),
            ("admin_policy_enforced", "https://admin.google.com/ac/owl"),
        ],
    )
    @pytest.mark.parametrize("status", [400, 401, 403])
    def test_what_google_refuses_for_good_parks_and_names_the_next_step(
        self, consented: GoogleApi, giver: Script, script: Script, status: int, code: str, step: str
    ) -> None:
        """The owner reads who has to do what."""
        giver.answer(Reply(status=status, body={"error": code, "error_description": "hidden"}))
        found = trouble(consented)
        assert isinstance(found, Refused)
        assert found.verdict is Verdict.UNAUTHORIZED
        assert f"no token for {ANA}: {code}" in str(found)
        assert step in str(found)
        assert script.asked == []

    @pytest.mark.parametrize(
        "reply",
        [
            Reply(status=500, body={"error": "internal_failure"}),
            Reply(status=503, body=b"<html>REFRESH-TOKEN</html>"),
            Reply(status=400, body={"error": "invalid_request"}),
            Reply(status=400, body=b"REFRESH-TOKEN"),
            Reply(status=400, body=["REFRESH-TOKEN"]),
            Reply(status=400, body={"error": ["REFRESH-TOKEN"]}),
            Reply(status=200, body={"refresh_token": "REFRESH-TOKEN"}),
            Reply(status=200, body=b"REFRESH-TOKEN"),
            Reply(status=200, body={"access_token": "ACCESS-TOKEN", "expires_in": "soon"}),
            Reply(how=How.NONE),
            Reply(how=How.RESET),
            Reply(how=How.TORN),
        ],
    )
    def test_everything_else_is_an_outage(
        self, consented: GoogleApi, giver: Script, script: Script, reply: Reply
    ) -> None:
        """What does not say no for good is tried again later, and quotes nothing."""
        giver.answer(reply)
        assert type(trouble(consented, WATCH)) is Unavailable
        assert script.asked == []

    def test_no_answer_is_an_outage(
        self, consented: GoogleApi, giver: Script, tokens: Tokens
    ) -> None:
        """A token endpoint that keeps silent holds nobody up for long, nor opens a channel."""
        tokens._ask.keywords["timeout"] = 0.2
        giver.answer(Reply(how=How.LATE))
        assert type(trouble(consented, WATCH)) is Unavailable


class TestThisProcess:
    def test_without_a_workspace_account_the_process_acts_for_itself(
        self, setup: Setup, script: Script
    ) -> None:
        """On one machine the application default credentials do."""
        setup.use({}).call(LIST, subject=None)
        assert bearers(script) == ["SOURCE-TOKEN"]

    def test_for_a_subject_they_do_not(self, setup: Setup, script: Script) -> None:
        """Acting for somebody takes their consent or delegation: both are named."""
        found = trouble(setup.use({}))
        assert isinstance(found, Refused)
        assert "OAuth token" in str(found)
        assert "workspace account" in str(found)
        assert script.asked == []

    def test_an_account_with_a_key_may_delegate_itself(self, setup: Setup) -> None:
        """Who has a service account's key file on the machine needs no impersonation."""
        asked: list[str] = []

        class Keyed(oauth2.Credentials):
            def with_subject(self, subject: str) -> Credentials:
                asked.append(subject)
                return self

        def keyed() -> Credentials:
            return Keyed("SOURCE-TOKEN")  # type: ignore[no-untyped-call]

        setup.use({}, source=keyed).call(LIST, subject=ANA)
        assert asked == [ANA]

    def test_no_credentials_at_all_names_the_command(self, setup: Setup) -> None:
        """The first error of whoever tries it says what to do."""

        def none() -> Credentials:
            raise DefaultCredentialsError("long text")  # type: ignore[no-untyped-call]

        found = trouble(setup.use({}, source=none), subject=None)
        assert isinstance(found, Refused)
        assert "gcloud auth application-default login" in str(found)

    def test_they_are_looked_for_once(self, setup: Setup, monkeypatch: pytest.MonkeyPatch) -> None:
        """Looking asks the metadata server, which is slow where there is none."""
        looked = []

        def default() -> tuple[Credentials, str]:
            looked.append(1)
            return source(), "ours"

        monkeypatch.setattr("google.auth.default", default)
        api = setup.use({}, source=None)
        for scope in (SCOPE, OTHER_SCOPE):
            call = Call(
                api="drive", version="v3", method="about.get", params={"fields": "*"},
                scopes=(scope,),
            )  # fmt: skip
            api.call(call, subject=None)
        assert len(looked) == 1
