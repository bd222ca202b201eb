"""What it means that Google gives no access token: a refusal with a next step, or an outage.

https://developers.google.com/identity/protocols/oauth2/web-server#exchange-errors-refresh
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from google.auth import exceptions

from functions.domain.errors import Refused, Trouble, Unavailable
from functions.domain.model import Verdict

UNAUTHORIZED = Verdict.UNAUTHORIZED
_LONGEST = 100

_NEXT_STEPS = {
    "invalid_grant": "the account is gone or suspended, or its consent has ended: check the "
    "subject, and store a new OAuth token if it has one",
    "unauthorized_client": "an administrator has to authorise the client id of the workspace "
    "account for these scopes: https://admin.google.com/ac/owl/domainwidedelegation",
    "invalid_client": "the OAuth client is gone or its secret has changed: store a new OAuth token",
    "access_denied": "an administrator has to allow the client under API controls: "
    "https://admin.google.com/ac/owl",
}
_NEXT_STEPS |= {
    "invalid_scope": _NEXT_STEPS["unauthorized_client"],
    "deleted_client": _NEXT_STEPS["invalid_client"],
    "disabled_client": _NEXT_STEPS["invalid_client"],
    "admin_policy_enforced": _NEXT_STEPS["access_denied"],
}


def read_grant_error(failure: exceptions.GoogleAuthError, *, subject: str | None) -> Trouble:
    """Give the error that a failure to get a token means, in a text without any of its parts."""
    who = subject or "the service account"
    if isinstance(failure, exceptions.DefaultCredentialsError):
        step = "gcloud auth application-default login, or set GOOGLE_APPLICATION_CREDENTIALS"
        return Refused(f"no token for {who}: no Google credentials here: {step}", UNAUTHORIZED)
    if not isinstance(failure, exceptions.RefreshError):
        return Unavailable(f"no token for {who}: {_cause(failure)}")
    error = _error(failure)
    if isinstance(error, str) and error in _NEXT_STEPS:
        return Refused(f"no token for {who}: {error}: {_NEXT_STEPS[error]}", UNAUTHORIZED)
    return Unavailable(f"no token for {who}: {_impersonation(error)}")


def _error(failure: exceptions.RefreshError) -> Any:
    """Give the `error` of Google's answer: a word of OAuth, or what IAM says."""
    answer = failure.args[1] if len(failure.args) > 1 else None
    if isinstance(answer, str | bytes):
        try:
            answer = json.loads(answer)
        except (ValueError, RecursionError):
            return None
    return answer.get("error") if isinstance(answer, Mapping) else None


def _impersonation(error: object) -> str:
    if isinstance(error, str):
        return error[:_LONGEST]
    if not isinstance(error, Mapping):
        return "the token endpoint gave no usable answer"
    status = str(error.get("status") or error.get("code") or "refused")[:_LONGEST]
    # Not for good: a new grant takes minutes to arrive.
    # https://docs.cloud.google.com/iam/docs/access-change-propagation
    step = "does this function's account have roles/iam.serviceAccountTokenCreator on it?"
    return f"the workspace account cannot be acted as ({status}): {step}"


def _cause(failure: BaseException) -> str:
    return type(failure.__cause__ or failure).__name__
