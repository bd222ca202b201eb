"""`keys` and `auth` of a cloud project: Secret Manager's protocol, and a token endpoint."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime

import grpc
import pytest
from google.cloud.firestore import Client

from functions.domain.keyring import parse_ring
from infra.cloud.firestore_store import FirestoreStore
from infra.machine import consents
from infra.machine.installation import Installation, Site
from infra.machine.wiring import DEFAULT_STORE, Place
from infra.secret_names import oauth_secret
from tests.contracts.store_examples import becomes, channel, progress
from tests.machine.conftest import Run, run
from tests.scripted import Reply, Script
from tests.secret_manager import LocalSecretManager, serve_secret_manager

__all__ = ["run"]

ANA, BOB = "ana@example.com", "bob@example.com"
SCOPE = "https://www.googleapis.com/auth/drive.metadata.readonly"
SECRET = "c2VjcmV0" * 6
RING = f"k2 2026-01-02T00:00:00Z {SECRET}2\nk1 2026-01-01T00:00:00Z {SECRET}1\n"


@pytest.fixture
def manager(monkeypatch: pytest.MonkeyPatch) -> Iterator[LocalSecretManager]:
    """Serve a Secret Manager to the operator's client."""
    manager = LocalSecretManager()
    with serve_secret_manager(manager) as client:
        monkeypatch.setattr("infra.cloud.secret_writing._open", lambda: client)
        monkeypatch.setattr("infra.cloud.secret_manager.SecretManagerServiceClient", lambda: client)
        yield manager


@pytest.fixture
def ring(manager: LocalSecretManager, project: str) -> str:
    """Give the project two signing keys; gives the name of the secret."""
    name = f"projects/{project}/secrets/signing-keys"
    manager.versions[name] = [RING.encode()]
    return name


def test_keys_are_listed_rotated_and_retired(
    run: Run, firestore: Client, manager: LocalSecretManager, ring: str, project: str
) -> None:
    """As on one machine: a version of the secret for each step, and no secret in any word."""
    at = ("--project", project)
    FirestoreStore(firestore).change("ana", becomes(progress("ana"), channel(key_id="k1")))
    listed = json.loads(run("keys", "list", "--json", *at).out)
    assert [(one["id"], one["channels"]) for one in listed] == [("k2", 0), ("k1", 1)]
    rotated = run("keys", "rotate", *at)
    assert rotated.status == 0, rotated.err
    newest, *others = parse_ring(manager.versions[ring][-1].decode()).keys
    assert rotated.out.startswith(newest.id)
    assert [key.id for key in others] == ["k2", "k1"]
    refused = run("keys", "retire", "k1", *at)
    assert (refused.status, len(manager.versions[ring])) == (2, 2)
    assert "live channels use 'k1' (1)" in refused.err
    assert run("keys", "retire", "k1", "--force", *at).status == 0
    left = parse_ring(manager.versions[ring][-1].decode())
    assert left.ids == {newest.id, "k2"}
    said = rotated.out + refused.err + run("keys", "list", *at).out
    assert SECRET not in said


def test_what_is_wrong_with_keys_is_told(
    run: Run, firestore: Client, manager: LocalSecretManager, ring: str, project: str
) -> None:
    """No secret, no such key, no right to write: each with what to do."""
    at = ("--project", project)
    assert "no key 'k9'" in run("keys", "retire", "k9", *at).err
    manager.failing["write"] = (grpc.StatusCode.PERMISSION_DENIED, 1)
    denied = run("keys", "rotate", *at)
    assert denied.status == 2
    assert "roles/secretmanager.admin" in denied.err
    del manager.versions[ring]
    missing = run("keys", "list", *at)
    assert missing.status == 1
    assert "there is no secret signing-keys" in missing.err


@pytest.fixture
def consented(manager: LocalSecretManager, script: Script, project: str) -> str:
    """Store Ana's consent as `auth login` does; gives the name of the secret."""
    site = Site(place=Place(store=DEFAULT_STORE), project=project)
    fields = {
        "client_id": "cli",
        "client_secret": "GOCSPX-test",
        "refresh_token": "1//refresh",
        "token_uri": f"{script.url}/token",
        "scopes": [SCOPE],
        "stored_at": datetime.now(UTC).isoformat(),
    }
    consents.store(Installation(site), consents.Consent(subject=ANA, fields=fields))
    manager.versions[f"projects/{project}/secrets/other"] = [b"x"]
    return f"projects/{project}/secrets/{oauth_secret(ANA)}"


def test_consents_are_listed(run: Run, consented: str, project: str) -> None:
    """Those of the project, other secrets left out; no token is shown."""
    ended = run("auth", "list", "--project", project)
    assert (ended.status, ended.out.split()[:2]) == (0, [ANA, "drive.metadata.readonly"])
    assert "1//refresh" not in run("auth", "list", "--json", "--project", project).out


def test_a_consent_is_checked(run: Run, consented: str, script: Script, project: str) -> None:
    """A refresh shows that it is good; a scope that is missing is named with the next step."""
    at = ("--project", project)
    script.answer(Reply(body={"access_token": "t", "scope": SCOPE}))
    good = run("auth", "check", ANA, "--source", "drive.changes", *at)
    assert good.status == 0, good.err
    script.answer(Reply(body={"access_token": "t", "scope": SCOPE}))
    short = run("auth", "check", ANA, "--source", "calendar.events", *at)
    assert short.status == 1
    assert "Missing scopes" in short.out
    script.answer(Reply(status=400, body={"error": "invalid_grant"}))
    ended = run("auth", "check", ANA, "--source", "drive.changes", *at)
    assert ended.status == 1
    assert "auth login" in ended.err


def test_the_sources_of_a_subject_are_those_of_its_watches(
    run: Run, firestore: Client, consented: str, script: Script, project: str
) -> None:
    """Without --source the declared watches of the subject say what is needed."""
    store = FirestoreStore(firestore)
    store.declare({"w": {"source": "drive.changes", "subject": ANA}}, revision="r1")
    script.answer(Reply(body={"access_token": "t", "scope": SCOPE}))
    assert run("auth", "check", ANA, "--project", project).status == 0
    unknown = run("auth", "check", BOB, "--project", project)
    assert unknown.status == 2
    assert "--source" in unknown.err


def test_a_consent_is_given_back(
    run: Run, consented: str, manager: LocalSecretManager, script: Script, project: str
) -> None:
    """Google is told, and the secret goes; who has none is told so."""
    script.answer(Reply(body=b""))
    ended = run("auth", "revoke", ANA, "--project", project)
    assert ended.status == 0, ended.err
    assert consented not in manager.versions
    assert run("auth", "revoke", BOB, "--project", project).status == 2


def test_without_a_consent_delegation_is_checked(
    run: Run, manager: LocalSecretManager, project: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody is logged in here: each scope is refused, and what an administrator enters is told."""
    monkeypatch.setenv("NO_GCE_CHECK", "true")
    monkeypatch.setenv("CLOUDSDK_CONFIG", "/nowhere")
    account = f"w@{project}.iam.gserviceaccount.com"
    at = ("--project", project, "--workspace", account, "--source", "drive.changes")
    ended = run("auth", "check", BOB, *at)
    assert ended.status == 1
    assert ended.out.count("XX https://www.googleapis.com/auth/") >= 1
    assert "domainwidedelegation" in ended.out
    assert account in ended.out
