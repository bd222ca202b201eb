"""Whether a subject can be acted for by domain-wide delegation, scope by scope."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from google.auth.exceptions import GoogleAuthError

from functions.domain.errors import Trouble
from infra.cloud.credentials import AccountCredentials
from infra.cloud.grants import read_grant_error
from infra.cloud.tokens import Tokens
from infra.machine.installation import Installation

PAGE = "https://admin.google.com/ac/owl/domainwidedelegation"


def check(
    at: Installation, subject: str, scopes: Sequence[str]
) -> Iterator[tuple[str, Trouble | None]]:
    """Ask for a token of each scope alone: one that is missing refuses all that are asked with."""
    give = AccountCredentials(secrets=at.secrets, workspace=at.site.workspace)
    tokens = Tokens()
    try:
        for scope in scopes:
            try:
                tokens.authorise(give(subject, (scope,)), {}, subject=subject)
            except Trouble as trouble:
                yield scope, trouble
            except GoogleAuthError as failure:
                yield scope, read_grant_error(failure, subject=subject)
            else:
                yield scope, None
    finally:
        tokens.close()


def step(at: Installation, missing: Sequence[str]) -> str:
    """Say exactly what an administrator has to do."""
    account = at.site.workspace or "SERVICE_ACCOUNT"
    return (
        f"an administrator opens {PAGE}, `Add new` (or edits the entry), and enters\n"
        f"     client id: $(gcloud iam service-accounts describe {account} "
        "--format='value(uniqueId)')\n"
        f"     OAuth scopes: {','.join(missing)}\n"
        "   It takes effect within minutes, at most a day."
    )
