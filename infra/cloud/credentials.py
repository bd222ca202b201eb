"""Whose credentials a call is made with: a stored consent, delegation, or the service account.

Nothing here has a private key: https://docs.cloud.google.com/iam/docs/best-practices-service-accounts
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

import google.auth
from google.auth import impersonated_credentials
from google.auth.credentials import Credentials, with_scopes_if_required

from functions.domain.errors import Refused
from functions.domain.model import Verdict
from functions.ports import Secrets
from infra.cloud.consent import consented
from infra.secret_names import is_secret_name, oauth_secret

_MOST_KEPT = 2048

Source = Callable[[], Credentials]
_Key = tuple[str | None, tuple[str, ...]]  # subject and scopes


@dataclass(frozen=True, slots=True)
class _Kept:
    credentials: Credentials
    consent: str | None  # the secret they were made of


class AccountCredentials:
    """Gives the credentials for a subject and scopes, and keeps them with their tokens.

    Args:
        secrets: where OAuth tokens are kept.
        workspace: the service account that all calls are made as; None where there is none.
        source: gives the credentials of this process.
    """

    def __init__(
        self, *, secrets: Secrets, workspace: str | None = None, source: Source | None = None
    ) -> None:
        self._secrets = secrets
        self._workspace = workspace
        self._source = source or ApplicationDefault()
        self._kept: OrderedDict[_Key, _Kept] = OrderedDict()
        self._lock = threading.Lock()

    def __call__(self, subject: str | None, scopes: tuple[str, ...]) -> Credentials:
        """Give the credentials; they may still have to fetch their token.

        Raises:
            Refused: there are none for this subject; the text has the next step.
            DefaultCredentialsError: this process has none.
        """
        key = (subject.lower() if subject else None, tuple(sorted(scopes)))
        kept = self._recall(key)
        # Whose token is in force needs no look at secrets: one look an hour for each subject.
        if kept is None or not kept.credentials.valid:
            consent = self._consent(subject)
            if kept is None or kept.consent != consent:
                kept = self._keep(key, _Kept(self._make(subject, key[1], consent), consent))
        return kept.credentials

    def _recall(self, key: _Key) -> _Kept | None:
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
            return self._kept.get(key)

    def _keep(self, key: _Key, made: _Kept) -> _Kept:
        """Keep what was made, unless another thread was first: then give the other's."""
        with self._lock:
            kept = self._kept.get(key)
            if kept is None or kept.consent != made.consent:
                kept = self._kept[key] = made
                self._kept.move_to_end(key)
            while len(self._kept) > _MOST_KEPT:
                self._kept.popitem(last=False)
            return kept

    def _consent(self, subject: str | None) -> str | None:
        name = oauth_secret(subject) if subject else ""
        return self._secrets.read(name) if is_secret_name(name) else None

    def _make(
        self, subject: str | None, scopes: tuple[str, ...], consent: str | None
    ) -> Credentials:
        if subject and consent is not None:
            return consented(subject, consent)
        source = self._source()
        if self._workspace:
            return impersonated_credentials.Credentials(  # type: ignore[no-untyped-call]
                source, self._workspace, list(scopes), subject=subject
            )
        scoped: Credentials = with_scopes_if_required(source, scopes)  # type: ignore[no-untyped-call]
        return _delegated(scoped, subject) if subject else scoped


class ApplicationDefault:
    """The credentials of this process, found once."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._found: Credentials | None = None

    def __call__(self) -> Credentials:
        with self._lock:
            if self._found is None:
                self._found, _ = google.auth.default()
            return self._found


def _delegated(source: Credentials, subject: str) -> Credentials:
    """Act for a subject with a key file's account, if it is that which this process runs as."""
    if hasattr(source, "with_subject"):
        delegated: Credentials = source.with_subject(subject)
        return delegated
    raise Refused(
        f"no token for {subject}: there is neither an OAuth token of it nor an account that may "
        "act for it: store the one or configure the workspace account",
        Verdict.UNAUTHORIZED,
    )
