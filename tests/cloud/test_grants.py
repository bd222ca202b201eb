"""What it means to get no token: a refusal that names the next step, or an outage."""

from __future__ import annotations

import pytest

from functions.domain.errors import Refused, Unavailable
from functions.domain.model import Verdict
from infra.cloud.google_api import GoogleApi
from infra.cloud.tokens import Tokens
from tests.cloud.giving import (
    ANA,
    WATCH,
    trouble,
)
from tests.scripted import How, Reply, Script

pytestmark = [pytest.mark.usefixtures("no_pauses", "no_waiting"), pytest.mark.timeout(20)]


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
    consented: GoogleApi, giver: Script, script: Script, status: int, code: str, step: str
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
    consented: GoogleApi, giver: Script, script: Script, reply: Reply
) -> None:
    """What does not say no for good is tried again later, and quotes nothing."""
    giver.answer(reply)
    assert type(trouble(consented, WATCH)) is Unavailable
    assert script.asked == []


def test_an_outage_names_its_cause(consented: GoogleApi, giver: Script) -> None:
    """By its type alone: the text of a broken connection may hold anything."""
    giver.answer(Reply(how=How.NONE))
    assert str(trouble(consented)) == f"no token for {ANA}: ConnectionError"


def test_no_answer_is_an_outage(consented: GoogleApi, giver: Script, tokens: Tokens) -> None:
    """A token endpoint that keeps silent holds nobody up for long, nor opens a channel."""
    tokens._ask.keywords["timeout"] = 0.2
    giver.answer(Reply(how=How.LATE))
    assert type(trouble(consented, WATCH)) is Unavailable
