"""Starts and ends the simulated Google: in this process, or alone for the command line."""

import signal
import sys
import threading
from types import TracebackType
from typing import Any, Self

from infra.local.google.application import Application
from infra.local.google.listener import Listener
from infra.local.google.options import Options
from infra.local.google.routes import ROUTES
from infra.local.google.world import World


class SimulatedGoogle:
    """A running simulated Google; `world` is everything in it."""

    def __init__(self, host: str, port: int, options: Options) -> None:
        self.world = World(options)
        self._listener = Listener(host, port, Application(self.world, ROUTES))
        self._thread = threading.Thread(
            target=self._listener.serve_forever, args=(0.01,), daemon=True, name="google"
        )
        self._thread.start()
        self.url = f"http://{host}:{self._listener.server_port}"

    def close(self) -> None:
        """End it; whoever is connected is cut off."""
        self._listener.end()
        self.world.close()
        self._thread.join()

    def __enter__(self) -> Self:
        """Be used in a `with` statement."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End with the `with` statement."""
        self.close()


def serve_google(host: str = "127.0.0.1", port: int = 0, **options: Any) -> SimulatedGoogle:
    """Start a simulated Google in threads of this process; port 0 takes any free one."""
    return SimulatedGoogle(host, port, Options(**options))


def run(port: int) -> None:
    """Serve until SIGINT or SIGTERM."""
    ended = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: ended.set())
    with serve_google(port=port) as google:
        sys.stdout.write(
            f"simulated Google: {google.url}\n"
            f"control endpoints: {google.url}/sim/ (GET lists them)\n"
        )
        sys.stdout.flush()
        ended.wait()
