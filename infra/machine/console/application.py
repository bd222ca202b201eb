"""Answers the console's page: static files of its own, and JSON; to this machine alone.

Every path begins with a key that is drawn at the start, so that other users of the machine and
pages of other origins can neither look nor press. The host is checked against DNS rebinding.
"""

from __future__ import annotations

import hmac
import json
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from http import HTTPStatus
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qs

from functions.domain.errors import Trouble
from infra.machine.console.overview import Overview
from infra.machine.console.stream import Stream

PAGE: Final = Path(__file__).parent / "page"
FILES: Final = {
    "": ("console.html", "text/html; charset=utf-8"),
    "console.css": ("console.css", "text/css; charset=utf-8"),
    "console.js": ("console.js", "text/javascript; charset=utf-8"),
    "timeline.js": ("timeline.js", "text/javascript; charset=utf-8"),
    "icon.svg": ("icon.svg", "image/svg+xml"),
}
HEADERS: Final = (
    (
        "Content-Security-Policy",
        (
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
            "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
        ),
    ),
    ("X-Content-Type-Options", "nosniff"),
    ("Referrer-Policy", "no-referrer"),
    ("Cross-Origin-Opener-Policy", "same-origin"),
    ("Cross-Origin-Resource-Policy", "same-origin"),
    ("Cache-Control", "no-store"),
)
LARGEST_PAGE = 200
LOCAL = {"127.0.0.1", "localhost"}

Play = Callable[[str], str]
Answer = tuple[HTTPStatus, str, bytes]


class Console:
    """The WSGI application."""

    def __init__(
        self, overview: Overview, stream: Stream, *, key: str, plays: Mapping[str, Play]
    ) -> None:
        """Keep what is shown, and what can be played on a simulated Google."""
        self._overview = overview
        self._stream = stream
        self._key = key
        self._plays = plays

    def __call__(
        self, environ: dict[str, Any], start_response: Callable[..., Any]
    ) -> Iterable[bytes]:
        status, kind, body = self._answer(environ)
        headers = [*HEADERS, ("Content-Type", kind), ("Content-Length", str(len(body)))]
        start_response(f"{status.value} {status.phrase}", headers)
        return [body]

    def _answer(self, environ: Mapping[str, Any]) -> Answer:
        host = str(environ.get("HTTP_HOST", "")).partition(":")[0]
        _, key, *rest = [*str(environ.get("PATH_INFO", "")).split("/"), ""]
        known = hmac.compare_digest(key.encode(errors="replace"), self._key.encode())
        if host not in LOCAL or not known:
            return HTTPStatus.NOT_FOUND, "text/plain", b"the address is the one that was printed\n"
        path = "/".join(rest).rstrip("/")
        method = environ.get("REQUEST_METHOD")
        query = {name: values[-1] for name, values in parse_qs(environ["QUERY_STRING"]).items()}
        try:
            return self._route(str(method), path, query)
        except Trouble as trouble:
            return _json({"trouble": trouble.text}, HTTPStatus.SERVICE_UNAVAILABLE)

    def _route(self, method: str, path: str, query: Mapping[str, str]) -> Answer:
        if method == "POST" and path.startswith("api/play/"):
            play = self._plays.get(path.removeprefix("api/play/"))
            if play is None:
                return _json({"trouble": "no such play"}, HTTPStatus.NOT_FOUND)
            return _json({"said": play(query.get("watch", ""))})
        if method not in {"GET", "HEAD"}:
            return _json({"trouble": "GET only"}, HTTPStatus.METHOD_NOT_ALLOWED)
        if path in FILES:
            name, kind = FILES[path]
            return HTTPStatus.OK, kind, (PAGE / name).read_bytes()
        if path == "api/watches":
            return _json(self._page(query) | {"plays": sorted(self._plays)})
        if path == "api/changes":
            return _json(self._stream.after(_number(query.get("after"), 0)))
        return _json({"trouble": "there is no such page"}, HTTPStatus.NOT_FOUND)

    def _page(self, query: Mapping[str, str]) -> dict[str, Any]:
        return self._overview.page(
            words=query.get("q", "")[:200],
            state=query.get("state", ""),
            start=_number(query.get("start"), 0),
            size=min(_number(query.get("size"), 25), LARGEST_PAGE),
        )


def _number(text: str | None, default: int) -> int:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 9 else default  # noqa: PLR2004 - more than there are watches


def _json(value: Mapping[str, Any], status: HTTPStatus = HTTPStatus.OK) -> Answer:
    text = json.dumps(value, default=_text, separators=(",", ":"))
    return status, "application/json", text.encode()


def _text(value: object) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)
