"""Secret Manager: the contract through Google's own client, and how it is spared and survived."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import grpc
import pytest
from google.api_core.exceptions import AlreadyExists
from google.cloud.secretmanager_v1 import SecretManagerServiceClient, SecretPayload

from functions.domain.errors import Misconfigured, Unavailable
from infra.cloud.secret_manager import MAX_AGE, SecretManagerSecrets
from tests.clocks import HandClock
from tests.contracts.secrets import SecretsContract
from tests.secret_manager import LocalSecretManager, serve_secret_manager

PARENT = "projects/ours"


class Project:
    """The operator's side: versions of secrets."""

    def __init__(
        self, manager: LocalSecretManager, client: SecretManagerServiceClient, clock: HandClock
    ) -> None:
        self.manager = manager
        self._client = client
        self._clock = clock

    def put(self, name: str, value: str) -> None:
        self.put_bytes(name, value.encode())

    def put_bytes(self, name: str, value: bytes) -> None:
        """Add a version of any bytes."""
        self.manager.failing.clear()
        self.make(name)
        self._client.add_secret_version(
            parent=f"{PARENT}/secrets/{name}", payload=SecretPayload(data=value)
        )

    def make(self, name: str) -> None:
        """Make the secret if it is not there, without a version."""
        try:
            self._client.create_secret(parent=PARENT, secret_id=name)
        except AlreadyExists:
            return

    def drop(self, name: str) -> None:
        del self.manager.versions[f"{PARENT}/secrets/{name}"]

    def fail(self, name: str, code: grpc.StatusCode = grpc.StatusCode.INTERNAL) -> None:
        self.manager.failing[f"{PARENT}/secrets/{name}"] = (code, 1000)

    def fail_once(self, name: str) -> None:
        """Let one read fail and the next succeed."""
        self.manager.failing[f"{PARENT}/secrets/{name}"] = (grpc.StatusCode.UNAVAILABLE, 1)

    def wait(self) -> None:
        self._clock.sleep(MAX_AGE)


@pytest.fixture(scope="module")
def served() -> Iterator[tuple[LocalSecretManager, SecretManagerServiceClient]]:
    """Serve one Secret Manager for all tests of this module."""
    manager = LocalSecretManager()
    with serve_secret_manager(manager) as client:
        yield manager, client


@pytest.fixture
def manager(
    served: tuple[LocalSecretManager, SecretManagerServiceClient],
) -> LocalSecretManager:
    """Give it empty."""
    served[0].versions.clear()
    served[0].failing.clear()
    served[0].accessed.clear()
    return served[0]


@pytest.fixture
def client(
    served: tuple[LocalSecretManager, SecretManagerServiceClient],
) -> SecretManagerServiceClient:
    """Give Google's own client for it."""
    return served[1]


@pytest.fixture
def clock() -> HandClock:
    """Give a clock that stands still."""
    return HandClock()


@pytest.fixture
def vault(
    manager: LocalSecretManager, client: SecretManagerServiceClient, clock: HandClock
) -> Project:
    """Give the operator's side."""
    return Project(manager, client, clock)


@pytest.fixture
def secrets(
    manager: LocalSecretManager, client: SecretManagerServiceClient, clock: HandClock
) -> SecretManagerSecrets:
    """Give the adapter, with Google's client."""
    return SecretManagerSecrets("ours", client, clock=clock)


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """Give up soon: nothing here heals by waiting."""
    monkeypatch.setattr("infra.cloud.secret_manager._EACH", 0.3)
    monkeypatch.setattr("infra.cloud.secret_manager._WHOLE", 0.6)


@pytest.mark.usefixtures("hasty")
class TestSecretManager(SecretsContract):
    pass


def test_a_value_is_kept_for_five_minutes(
    secrets: SecretManagerSecrets, vault: Project, clock: HandClock
) -> None:
    """Each read costs money and time: within five minutes one is enough."""
    vault.put("forward-key", "old")
    assert secrets.read("forward-key") == "old"
    vault.put("forward-key", "new")
    clock.sleep(MAX_AGE - timedelta(seconds=1))
    assert secrets.read("forward-key") == "old"
    assert len(vault.manager.accessed) == 1


def test_that_there_is_none_is_kept_as_well(secrets: SecretManagerSecrets, vault: Project) -> None:
    """Most accounts have no token: asking for it must not happen with each call."""
    assert [secrets.read("oauth-ABC"), secrets.read("oauth-ABC")] == [None, None]
    assert len(vault.manager.accessed) == 1


def test_a_secret_without_a_version_is_none(secrets: SecretManagerSecrets, vault: Project) -> None:
    """Terraform makes the secret, the operator its first version, which may be later."""
    vault.make("forward-key")
    assert secrets.read("forward-key") is None


def test_a_disabled_version_is_none(secrets: SecretManagerSecrets, vault: Project) -> None:
    """An operator who disables the newest version withdraws the secret."""
    vault.put("forward-key", "value")
    vault.fail("forward-key", grpc.StatusCode.FAILED_PRECONDITION)
    assert secrets.read("forward-key") is None


def test_a_short_outage_is_sat_out(secrets: SecretManagerSecrets, vault: Project) -> None:
    """One failed try is followed by another."""
    vault.put("forward-key", "value")
    vault.fail_once("forward-key")
    assert secrets.read("forward-key") == "value"
    assert len(vault.manager.accessed) == 2


def test_a_missing_right_is_an_outage_and_tried_once(
    secrets: SecretManagerSecrets, vault: Project
) -> None:
    """A new right takes minutes to arrive, which is nothing to hold a request for."""
    vault.fail("forward-key", grpc.StatusCode.PERMISSION_DENIED)
    with pytest.raises(Unavailable, match=r"forward-key .*PermissionDenied"):
        secrets.read("forward-key")
    assert len(vault.manager.accessed) == 1


def test_an_outage_is_not_kept(secrets: SecretManagerSecrets, vault: Project) -> None:
    """The next read after a failure asks again."""
    vault.fail("forward-key", grpc.StatusCode.PERMISSION_DENIED)
    with pytest.raises(Unavailable):
        secrets.read("forward-key")
    vault.put("forward-key", "value")
    assert secrets.read("forward-key") == "value"


def test_an_old_value_does_not_outlive_an_outage(
    secrets: SecretManagerSecrets, vault: Project
) -> None:
    """What is older than five minutes may have been withdrawn."""
    vault.put("forward-key", "value")
    assert secrets.read("forward-key") == "value"
    vault.fail("forward-key", grpc.StatusCode.PERMISSION_DENIED)
    vault.wait()
    with pytest.raises(Unavailable):
        secrets.read("forward-key")


def test_what_is_no_text_is_refused_without_being_quoted(
    secrets: SecretManagerSecrets, vault: Project
) -> None:
    """An error never carries a piece of a secret."""
    vault.put_bytes("forward-key", b"hidden\xff")
    with pytest.raises(Misconfigured) as refusal:
        secrets.read("forward-key")
    assert "hidden" not in str(refusal.value)


def test_memory_is_bounded(
    secrets: SecretManagerSecrets, vault: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A domain of many accounts does not fill the memory with names."""
    monkeypatch.setattr("infra.cloud.secret_manager._MOST_KEPT", 3)
    for number in range(10):
        secrets.read(f"oauth-{number}")
    assert len(secrets._kept) <= 3
