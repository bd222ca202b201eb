"""Reads Google Cloud's own APIs by REST, as the operator."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import requests

from functions.domain.errors import Misconfigured, Unavailable

TIMEOUT = 15
_SCOPE = "https://www.googleapis.com/auth/cloud-platform"
_MOST_PAGES = 100


class Project:
    """One cloud project.

    Args:
        name: its id.
        session: what makes requests with the operator's credentials.
    """

    def __init__(self, name: str, session: requests.Session) -> None:
        self.name = f"projects/{name}"
        self._session = session

    def get(self, url: str, **params: str) -> dict[str, Any]:
        """Read what is at a URL.

        Raises:
            Unavailable: it cannot be read, and why.
        """
        try:
            answer = self._session.get(url, params=params, timeout=TIMEOUT)
            found = answer.json() if answer.content else {}
        except Exception as error:  # noqa: BLE001 - whatever the transport says is no answer
            raise Unavailable(f"{url}: {type(error).__name__}") from None
        if not answer.ok:
            raise Unavailable(f"{url}: {answer.status_code}: {_message(found)}")
        return found if isinstance(found, dict) else {}

    def every(self, url: str, key: str, **params: str) -> Iterator[dict[str, Any]]:
        """Read a list to its end, page by page.

        Raises:
            Unavailable: it cannot be read, and why.
        """
        page = ""
        for _ in range(_MOST_PAGES):
            found = self.get(url, **params, **({"pageToken": page} if page else {}))
            yield from found.get(key, ())
            page = found.get("nextPageToken", "")
            if not page:
                return


def open_session() -> requests.Session:
    """Make a session with the operator's credentials.

    Raises:
        Misconfigured: there are none.
    """
    import google.auth
    from google.auth.exceptions import DefaultCredentialsError
    from google.auth.transport.requests import AuthorizedSession

    try:
        credentials, _ = google.auth.default(scopes=[_SCOPE])
    except DefaultCredentialsError:
        raise Misconfigured(
            "no Google credentials here: gcloud auth application-default login"
        ) from None
    session: requests.Session = AuthorizedSession(credentials)  # type: ignore[no-untyped-call]
    return session


def _message(found: Any) -> str:
    """Give what Google says, e.g. that an API is not enabled and where that is done."""
    error = found.get("error") if isinstance(found, dict) else None
    return str(error.get("message", "")) if isinstance(error, dict) else ""
