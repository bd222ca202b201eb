"""The least that functions-framework can serve: answers 204, looks at nothing."""

from __future__ import annotations

import flask


def receive(request: flask.Request) -> tuple[str, int]:
    """Answer."""
    del request
    return "", 204
