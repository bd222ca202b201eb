"""Connections to addresses that somebody else chose: never to this machine's own network.

The address is checked as it is resolved, and the very address that was checked is connected to:
a name that resolves to another the next time (DNS rebinding) gains nothing.
https://cheatsheetseries.owasp.org/cheatsheets/Server_Side_Request_Forgery_Prevention_Cheat_Sheet.html
"""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Callable
from typing import Any, TypeAlias

import urllib3
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import ConnectTimeoutError, NameResolutionError, NewConnectionError

from functions.domain.errors import Invalid

Address: TypeAlias = ipaddress.IPv4Address | ipaddress.IPv6Address
Resolve: TypeAlias = Callable[..., list[Any]]

# Addresses of IPv4 in those of IPv6. https://www.iana.org/assignments/iana-ipv6-special-registry
_TRANSLATED = (ipaddress.ip_network("64:ff9b::/96"), ipaddress.ip_network("::/96"))
# Python calls these global; clouds have metadata services in the one.
_CLOSED = (ipaddress.ip_network("192.0.0.0/24"), ipaddress.ip_network("192.88.99.0/24"))


def is_public(address: Address) -> bool:
    """Whether an address is one of the open internet."""
    if isinstance(address, ipaddress.IPv6Address):
        inner = _inner(address)
        if inner is not None:
            return is_public(inner)
        if address.is_site_local:
            return False
    elif any(address in network for network in _CLOSED):
        return False
    return address.is_global and not (address.is_multicast or address.is_reserved)


def _inner(address: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    if address.sixtofour is not None:
        return address.sixtofour
    if address.teredo is not None:
        return address.teredo[1]
    if any(address in network for network in _TRANSLATED):
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return None


class _Guarded(HTTPConnection):
    """A connection that goes to public addresses alone."""

    resolve: Resolve = staticmethod(socket.getaddrinfo)

    def _new_conn(self) -> socket.socket:
        try:
            found = self.resolve(self._dns_host, self.port, 0, socket.SOCK_STREAM)
        except (OSError, UnicodeError) as error:
            raise NameResolutionError(self.host, self, _as_gai(error)) from error
        # One private address among public ones is a trap, too.
        for *_, peer in found:
            if not is_public(ipaddress.ip_address(peer[0].partition("%")[0])):
                raise Invalid(
                    f"{self.host} resolves to {peer[0]}: forwarding to private addresses is not "
                    "allowed (serve --allow-private-forward allows it)"
                )
        return self._connect([(each[0], each[4]) for each in found])

    def _connect(self, peers: list[tuple[int, Any]]) -> socket.socket:
        failure: OSError | None = None
        for family, peer in peers:
            line = socket.socket(family, socket.SOCK_STREAM)
            try:
                timeout = self.timeout
                line.settimeout(timeout if isinstance(timeout, int | float) else None)
                line.connect(peer)
            except OSError as error:
                line.close()
                failure = error
            else:
                return line
        if isinstance(failure, TimeoutError):
            raise ConnectTimeoutError(self, f"{self.host} does not answer") from failure
        raise NewConnectionError(self, f"{self.host} cannot be reached") from failure


class _GuardedHttps(_Guarded, HTTPSConnection):
    """The same with TLS; the certificate is checked for the name, not for the address."""


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Guarded


class _HttpsPool(HTTPSConnectionPool):
    ConnectionCls = _GuardedHttps


def open_outward(*, allow_private: bool, **options: Any) -> urllib3.PoolManager:
    """Make what calls go out through; no proxy, as that would resolve names by itself."""
    manager = urllib3.PoolManager(**options)
    if not allow_private:
        manager.pool_classes_by_scheme = {"http": _Pool, "https": _HttpsPool}
    return manager


def _as_gai(error: Exception) -> socket.gaierror:
    return error if isinstance(error, socket.gaierror) else socket.gaierror(str(error))
