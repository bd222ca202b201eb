"""The entry points of the functions, and under `python main.py` the command line.

functions-framework finds a function by the name of its `def` in this file.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from infra import entry

if TYPE_CHECKING:
    import flask


def receive(request: flask.Request) -> flask.Response:
    """Public: receive and verify a notification of Google's, and queue it."""
    from infra.receiving import answer

    return answer(request)


def renew(request: flask.Request) -> entry.Answer:
    """Private, on the clock: open, renew and stop channels; queue what is due."""
    return entry.renew(request)


def sync(request: flask.Request) -> entry.Answer:
    """Private, pushed by the notification queue: pull a watch and publish what changed."""
    return entry.sync(request)


def handle(request: flask.Request) -> entry.Answer:
    """Private, pushed by the queue of changes: run the handlers of the change's watch."""
    return entry.handle(request)


if __name__ == "__main__":
    from infra.cli import main

    main()
