"""A token that is known beforehand, for a Google that is simulated."""

from __future__ import annotations

from google.auth import transport
from google.auth.credentials import Credentials

SERVICE_ACCOUNT = "service-account"


class Bearer(Credentials):
    """Credentials whose token neither ends nor changes."""

    def __init__(self, token: str) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._known = token
        self.token = token

    def refresh(self, request: transport.Request) -> None:  # noqa: ARG002 - asks nobody
        """Take the same token again: there is no other."""
        self.token = self._known


def simulated(subject: str | None, _: tuple[str, ...]) -> Credentials:
    """Give the credentials of a subject for a simulated Google: its address is its token."""
    return Bearer(subject or SERVICE_ACCOUNT)
