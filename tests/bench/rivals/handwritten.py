"""The usual handler of one's own: reads the headers, looks the channel up, compares by `!=`.

Nothing is queued, and its dictionary is one process's own: what it costs, not what it promises.
"""

from __future__ import annotations

import os

import flask

TOKENS = dict(line.split() for line in os.environ["TOKENS"].splitlines())


def receive(request: flask.Request) -> tuple[str, int]:
    """Answer a notification."""
    channel = request.headers.get("X-Goog-Channel-ID")
    state = request.headers.get("X-Goog-Resource-State")
    resource = request.headers.get("X-Goog-Resource-ID")
    number = request.headers.get("X-Goog-Message-Number")
    if not channel or not state or not resource or not number:
        return "bad notification", 400
    if request.headers.get("X-Goog-Channel-Token") != TOKENS.get(channel):
        return "not verified", 401
    int(number)
    return "", 204
