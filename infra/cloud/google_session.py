"""Connections to Google: kept, without cookies, and never tried again beneath us."""

from __future__ import annotations

from http.cookiejar import DefaultCookiePolicy

import requests
from requests.adapters import HTTPAdapter
from urllib3.exceptions import MaxRetryError, NewConnectionError

_CONNECTIONS = 64


def open_session(*, surroundings: bool) -> requests.Session:
    """Make a session; with `surroundings` it goes by the proxies that the environment names."""
    session = requests.Session()
    session.trust_env = surroundings
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    # Else `requests` would put a password of ~/.netrc in the token's place.
    session.auth = _as_it_is
    for scheme in ("https://", "http://"):
        session.mount(scheme, HTTPAdapter(pool_maxsize=_CONNECTIONS, max_retries=0))
    return session


def was_sent(failure: requests.RequestException) -> bool:
    """Tell whether the request may have arrived: only without any connection it has not."""
    cause = failure.args[0] if failure.args else None
    refused = isinstance(cause, MaxRetryError) and isinstance(cause.reason, NewConnectionError)
    unconnected = requests.ConnectTimeout | requests.exceptions.ProxyError
    return not refused and not isinstance(failure, unconnected)


def _as_it_is(request: requests.PreparedRequest) -> requests.PreparedRequest:
    return request
