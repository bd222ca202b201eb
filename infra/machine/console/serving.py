"""Serves the console on a loopback port until it is told to end."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from pathlib import Path

from infra.local.listener import Listener
from infra.machine.console.application import Console, Play
from infra.machine.console.overview import Overview
from infra.machine.console.stream import Stream
from infra.machine.following import Event, follow_file, follow_topic
from infra.machine.installation import Installation

HOST = "127.0.0.1"
BACK = 50  # events that are shown at the start


class Served:
    """A console that answers at `url`."""

    def __init__(
        self,
        at: Installation,
        *,
        port: int,
        changes: Path | None,
        plays: Mapping[str, Play] | None = None,
    ) -> None:
        """Bind the port.

        Raises:
            Misconfigured: the port or the store cannot be used.
        """
        self._overview = Overview(at)
        self._overview.read()
        self._stream = Stream(_follow(at, changes))
        key = secrets.token_urlsafe(18)
        console = Console(self._overview, self._stream, key=key, plays=plays or {})
        self._listener = Listener(
            console, host=HOST, port=port, threads=8, largest=64 * 1024, option="--port"
        )
        self.url = f"http://{HOST}:{self._listener.port}/{key}/"

    def start(self) -> None:
        """Answer."""
        self._overview.start()
        self._stream.start()
        self._listener.start()

    def stop(self) -> None:
        """Answer no more."""
        self._overview.stop()
        self._listener.stop(within=timedelta(seconds=1))


def _follow(at: Installation, changes: Path | None) -> Callable[[], Iterator[Event]] | None:
    project = at.site.project
    if project is not None:
        return lambda: follow_topic(project, "changes")
    if changes is None or not changes.exists():
        return None
    return lambda: follow_file(changes, back=BACK)
