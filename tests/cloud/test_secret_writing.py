"""Secrets are written to Secret Manager: a new version, of a new secret if there is none."""

from __future__ import annotations

from infra.cloud.secret_manager import SecretManagerSecrets
from infra.cloud.secret_writing import add_version
from tests.clocks import HandClock
from tests.secret_manager import LocalSecretManager, serve_secret_manager


def test_versions_are_added() -> None:
    """The newest value is what is read; the secret is made at the first."""
    manager = LocalSecretManager()
    with serve_secret_manager(manager) as client:
        for text in ("one", "two"):
            add_version("p", "oauth-X", text, client)
            read = SecretManagerSecrets("p", client, clock=HandClock()).read("oauth-X")
            assert read == text
    assert manager.versions == {"projects/p/secrets/oauth-X": [b"one", b"two"]}
