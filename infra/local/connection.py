"""A connection of the listener: its requests must arrive whole in time, and there is room for more.

Without this, whoever opens many connections and lets a byte trickle in now and then keeps everybody
else out: waitress waits for the end of a request as long as anything comes at all.
"""

from __future__ import annotations

import socket
from typing import Any

from waitress.channel import HTTPChannel

MOST = 900  # connections; the listener itself accepts a few more


class Connection(HTTPChannel):
    """One whose last activity is the beginning of the request that is still arriving."""

    def __init__(self, server: Any, sock: socket.socket, *rest: Any, **more: Any) -> None:
        """Take its place; if there are too many, the one that has idled longest goes."""
        super().__init__(server, sock, *rest, **more)
        self._began_at = self.last_activity
        if len(server.active_channels) > MOST:
            _make_room(server.active_channels.values())

    def received(self, data: bytes) -> bool:
        """Take what came; only the beginning and the end of a request are signs of life."""
        arriving = self.request
        took = bool(super().received(data))
        if self.request is not arriving:
            self._began_at = self.last_activity
        if self.request is not None:
            self.last_activity = self._began_at
        return took


def _make_room(connections: Any) -> None:
    """Close the connection that has waited longest for its peer."""
    waiting = [each for each in connections if not each.requests and not each.will_close]
    if waiting:
        min(waiting, key=lambda each: each.last_activity).will_close = True
