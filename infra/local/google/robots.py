"""Whether a host's robots.txt lets Google's sender in.

https://developers.google.com/crawling/docs/robots-txt/robots-txt-spec
"""

import threading
import time
from http import HTTPStatus
from urllib.parse import urlsplit
from urllib.robotparser import RobotFileParser

import requests

AGENT = "APIs-Google"
KEPT = 60.0
_NOBODY = ("User-agent: *", "Disallow: /")


class Robots:
    """The rules of each host met so far, kept for a minute."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._rules: dict[str, tuple[float, RobotFileParser]] = {}

    def allow(self, address: str, session: requests.Session) -> bool:
        """Tell whether an address may be posted to."""
        parts = urlsplit(address)
        origin = f"{parts.scheme}://{parts.netloc}"
        with self._lock:
            until, rules = self._rules.get(origin, (0.0, RobotFileParser()))
        if until < time.monotonic():
            rules = _fetch(origin, session)
            with self._lock:
                self._rules[origin] = (time.monotonic() + KEPT, rules)
        return rules.can_fetch(AGENT, address)


def _fetch(origin: str, session: requests.Session) -> RobotFileParser:
    rules = RobotFileParser()
    try:
        answer = session.get(f"{origin}/robots.txt", timeout=10)
    except requests.RequestException:
        rules.parse(_NOBODY)
        return rules
    # Absent means "go ahead"; a server error means "stay away".
    if answer.status_code >= HTTPStatus.INTERNAL_SERVER_ERROR:
        rules.parse(_NOBODY)
    elif answer.status_code >= HTTPStatus.BAD_REQUEST:
        rules.parse(())
    else:
        rules.parse(answer.text.splitlines())
    return rules
