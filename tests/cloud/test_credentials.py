"""The credentials of this process, where there is no account to act as."""

from __future__ import annotations

import pytest
from google.auth.credentials import Credentials
from google.auth.exceptions import DefaultCredentialsError
from google.oauth2 import credentials as oauth2

from functions.domain.errors import Refused
from functions.sources.call import Call
from tests.cloud.giving import (
    ANA,
    LIST,
    OTHER_SCOPE,
    SCOPE,
    Setup,
    bearers,
    source,
    trouble,
)
from tests.scripted import Script

pytestmark = [pytest.mark.usefixtures("no_pauses", "no_waiting"), pytest.mark.timeout(20)]


def test_without_a_workspace_account_the_process_acts_for_itself(
    setup: Setup, script: Script
) -> None:
    """On one machine the application default credentials do."""
    setup.use({}).call(LIST, subject=None)
    assert bearers(script) == ["SOURCE-TOKEN"]


def test_for_a_subject_they_do_not(setup: Setup, script: Script) -> None:
    """Acting for somebody takes their consent or delegation: both are named."""
    found = trouble(setup.use({}))
    assert isinstance(found, Refused)
    assert "OAuth token" in str(found)
    assert "workspace account" in str(found)
    assert script.asked == []


def test_an_account_with_a_key_may_delegate_itself(setup: Setup) -> None:
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


def test_no_credentials_at_all_names_the_command(setup: Setup) -> None:
    """The first error of whoever tries it says what to do."""

    def none() -> Credentials:
        raise DefaultCredentialsError("long text")  # type: ignore[no-untyped-call]

    found = trouble(setup.use({}, source=none), subject=None)
    assert isinstance(found, Refused)
    assert "gcloud auth application-default login" in str(found)


def test_they_are_looked_for_once(setup: Setup, monkeypatch: pytest.MonkeyPatch) -> None:
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
