"""The key ring of an installation in the cloud, read as its operator: from Secret Manager."""

from __future__ import annotations

from functions.domain.errors import Invalid, Unavailable
from functions.domain.keyring import Ring, parse_ring
from functions.ports import Secrets
from infra.secret_names import SIGNING_KEYS


class SecretKeys:
    """The port `Keys` on the secret itself; the functions have it mounted as a file."""

    def __init__(self, secrets: Secrets) -> None:
        """Keep where it is read."""
        self._secrets = secrets

    def ring(self, *, wanted: str | None = None) -> Ring:  # noqa: ARG002 - read each time anyway
        text = self._secrets.read(SIGNING_KEYS)
        if text is None:
            raise Unavailable(f"there is no secret {SIGNING_KEYS}, or it has no version")
        try:
            return parse_ring(text)
        except Invalid as invalid:
            raise Unavailable(f"the secret {SIGNING_KEYS}: {invalid.text}") from None
