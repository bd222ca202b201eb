"""Secrets in Google Secret Manager, each kept for a few minutes."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta
from functools import cached_property

from google.api_core import exceptions
from google.api_core.retry import Retry, if_exception_type
from google.api_core.timeout import ConstantTimeout
from google.auth.exceptions import GoogleAuthError
from google.cloud.secretmanager_v1 import SecretManagerServiceClient

from functions.domain.errors import Misconfigured, Unavailable
from functions.ports import Clock
from infra.secret_names import is_secret_name

MAX_AGE = timedelta(minutes=5)
_MOST_KEPT = 4096
_EACH = 5.0
_WHOLE = 12.0
_PASSING = if_exception_type(
    exceptions.DeadlineExceeded,
    exceptions.InternalServerError,
    exceptions.ResourceExhausted,
    exceptions.ServiceUnavailable,
)


class SecretManagerSecrets:
    """The port `Secrets` on a project's secrets; that one is missing is remembered as long.

    That a process may not read a secret is an outage, since a new right takes minutes to arrive.
    For names that do not exist Google answers "not found" only to those who could read them: a
    right has to cover all names of a kind, by a condition on `resource.name`.
    https://docs.cloud.google.com/secret-manager/docs/access-control#iam-conditions

    Raises:
        Misconfigured: the name is none that a secret can have.
    """

    def __init__(
        self, project: str, client: SecretManagerServiceClient | None = None, *, clock: Clock
    ) -> None:
        self._project = project
        self._given = client
        self._clock = clock
        self._lock = threading.Lock()
        self._kept: dict[str, tuple[datetime, str | None]] = {}

    def read(self, name: str) -> str | None:
        if not is_secret_name(name):
            raise Misconfigured("a secret's name is 1 to 255 of A-Z a-z 0-9 _ -")
        now = self._clock.now()
        with self._lock:
            kept = self._kept.get(name)
        if kept and timedelta() <= now - kept[0] < MAX_AGE:
            return kept[1]
        value = self._latest(name)
        with self._lock:
            if len(self._kept) >= _MOST_KEPT:
                self._kept.clear()
            self._kept[name] = (now, value)
        return value

    def _latest(self, name: str) -> str | None:
        version = f"projects/{self._project}/secrets/{name}/versions/latest"
        retry = Retry(_PASSING, initial=0.2, maximum=2.0, multiplier=2.0, timeout=_WHOLE - _EACH)
        timeout = ConstantTimeout(_EACH)  # type: ignore[no-untyped-call]
        try:
            answer = self._client.access_secret_version(name=version, retry=retry, timeout=timeout)
            return answer.payload.data.decode()
        except (exceptions.NotFound, exceptions.FailedPrecondition):
            return None  # there is none, or its newest version was disabled or destroyed
        except UnicodeDecodeError:
            raise Misconfigured(f"the secret {name} is not a text in UTF-8") from None
        except (exceptions.GoogleAPIError, GoogleAuthError) as failure:
            cause = getattr(failure, "cause", None) or failure
            text = f"the secret {name} cannot be read: {type(cause).__name__}"
            raise Unavailable(text) from failure

    @cached_property
    def _client(self) -> SecretManagerServiceClient:
        return self._given or SecretManagerServiceClient()
