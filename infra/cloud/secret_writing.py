"""Writes secrets to Google Secret Manager: only operators do, no function may."""

from __future__ import annotations

from google.api_core import exceptions
from google.auth.exceptions import GoogleAuthError
from google.cloud.secretmanager_v1 import (
    Replication,
    Secret,
    SecretManagerServiceClient,
    SecretPayload,
)

from functions.domain.errors import Misconfigured, Unavailable

_TIMEOUT = 15.0


def add_version(
    project: str, name: str, text: str, client: SecretManagerServiceClient | None = None
) -> None:
    """Give a secret a new newest value; the secret is made if there is none.

    Raises:
        Misconfigured: we may not; the text names the role.
        Unavailable: not now.
    """
    client = client or _open()
    secret = f"projects/{project}/secrets/{name}"
    payload = SecretPayload(data=text.encode())
    try:
        try:
            client.add_secret_version(parent=secret, payload=payload, timeout=_TIMEOUT)
        except exceptions.NotFound:
            client.create_secret(
                parent=f"projects/{project}",
                secret_id=name,
                secret=Secret(replication=Replication(automatic=Replication.Automatic())),
                timeout=_TIMEOUT,
            )
            client.add_secret_version(parent=secret, payload=payload, timeout=_TIMEOUT)
    except exceptions.PermissionDenied:
        raise Misconfigured(
            f"you may not write the secret {name}: ask for roles/secretmanager.admin on {project}"
        ) from None
    except (exceptions.GoogleAPIError, GoogleAuthError) as failure:
        raise Unavailable(
            f"the secret {name} was not written: {type(failure).__name__}"
        ) from failure


def delete_secret(
    project: str, name: str, client: SecretManagerServiceClient | None = None
) -> None:
    """Delete a secret with all its values; one that is not there is fine."""
    client = client or _open()
    try:
        client.delete_secret(name=f"projects/{project}/secrets/{name}", timeout=_TIMEOUT)
    except exceptions.NotFound:
        return
    except (exceptions.GoogleAPIError, GoogleAuthError) as failure:
        raise Unavailable(
            f"the secret {name} was not deleted: {type(failure).__name__}"
        ) from failure


def list_secrets(project: str, client: SecretManagerServiceClient | None = None) -> list[str]:
    """Give the names of all secrets of the project."""
    client = client or _open()
    try:
        every = client.list_secrets(parent=f"projects/{project}", timeout=_TIMEOUT)
        return [one.name.rpartition("/")[2] for one in every]
    except (exceptions.GoogleAPIError, GoogleAuthError) as failure:
        raise Unavailable(f"secrets cannot be listed: {type(failure).__name__}") from failure


def _open() -> SecretManagerServiceClient:
    try:
        return SecretManagerServiceClient()
    except GoogleAuthError as failure:
        raise Misconfigured(
            f"Secret Manager cannot be used: {failure} (gcloud auth application-default login?)"
        ) from failure
