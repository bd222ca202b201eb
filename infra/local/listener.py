"""Serves a WSGI application on one port of this machine, in threads of this process."""

from __future__ import annotations

import logging
import socket
import threading
from collections.abc import Callable, Iterable, Mapping
from datetime import timedelta
from typing import Any, cast

from waitress.server import BaseWSGIServer, create_server

from functions.domain.errors import Misconfigured
from infra.local.connection import Connection

IDLE = 60  # seconds; also how long one request may take to arrive
LARGEST_HEADERS = 64 * 1024  # what is larger of a body waits on the disk

Application = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


class Listener:
    """A port and the application behind it."""

    def __init__(
        self,
        application: Application,
        *,
        host: str,
        port: int,
        threads: int,
        largest: int,
        option: str,
    ) -> None:
        """Bind the port; nothing is answered before `start`.

        Raises:
            Misconfigured: the port is in use or not allowed.
        """
        logging.getLogger("waitress").setLevel(logging.ERROR)
        try:
            bound = _bound(host, port)
        except (OSError, ValueError, OverflowError) as error:
            reason = getattr(error, "strerror", None) or error
            raise Misconfigured(
                f"port {port} of {host} cannot be used ({reason}): choose another with {option}"
            ) from None
        self.port = int(bound.getsockname()[1])
        made = create_server(
            application,
            sockets=[bound],
            threads=threads,
            ident=None,
            max_request_body_size=largest,
            # Who sends slowly, much, or nothing may hold a connection and little memory, no thread.
            channel_timeout=IDLE,
            cleanup_interval=IDLE // 4,
            connection_limit=1000,
            asyncore_use_poll=True,
            max_request_header_size=LARGEST_HEADERS,
            inbuf_overflow=LARGEST_HEADERS,
            clear_untrusted_proxy_headers=True,
        )
        self._server = cast("BaseWSGIServer", made)  # for one socket it is one server
        self._server.channel_class = Connection
        self._thread = threading.Thread(
            target=self._server.run, name=f"port-{self.port}", daemon=True
        )

    def start(self) -> None:
        """Begin to answer."""
        self._thread.start()

    def stop(self, *, within: timedelta) -> None:
        """Accept nothing more; what is being answered may be finished for so long."""
        self._server.accepting = False
        at_work = self._server.task_dispatcher
        at_work.shutdown(cancel_pending=True, timeout=int(within.total_seconds()))
        if not at_work.threads:  # who is late would find what it writes to closed
            self._server.close()


def _bound(host: str, port: int) -> socket.socket:
    bound = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    try:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind((host, port))
    except BaseException:
        bound.close()
        raise
    return bound


def by_path(applications: Mapping[str, Application]) -> Application:
    """Give one application that serves several, each under its path, and 404 for the rest."""

    def route(environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        application = applications.get(environ.get("PATH_INFO", "").rstrip("/") or "/")
        if application is not None:
            return application(environ, start)
        start("404 Not Found", [("Content-Type", "text/plain"), ("Content-Length", "9")])
        return [b"not found"]

    return route


def free_port() -> int:
    """Give a port of this machine that nobody uses right now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
