"""Whoever lets others choose an address reaches none of this machine's own network by it."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest

from functions.domain.errors import Invalid
from infra import outward
from infra.outward import is_public, open_outward
from tests.contracts.endpoint import Endpoint, listening


@pytest.fixture
def endpoint() -> Iterator[Endpoint]:
    """Give a receiver on this machine."""
    with listening() as endpoint:
        yield endpoint


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "127.8.8.8", "0.0.0.0", "10.1.2.3", "172.16.0.1", "192.168.1.1",
        "169.254.169.254", "100.64.0.1", "192.0.0.192", "198.18.0.1", "224.0.0.1", "240.0.0.1",
        "255.255.255.255", "::", "::1", "fe80::1", "fc00::1", "fd00:ec2::254", "fec0::1", "ff02::1",
        "::ffff:127.0.0.1", "::ffff:169.254.169.254", "::127.0.0.1", "64:ff9b::7f00:1",
        "64:ff9b::a9fe:a9fe", "2002:7f00:1::", "2002:a9fe:a9fe::1",
    ],
)  # fmt: skip
def test_not_public(address: str) -> None:
    """Loopback, private, link-local and reserved addresses are not public, in any disguise."""
    assert not is_public(ipaddress.ip_address(address))


@pytest.mark.parametrize(
    "address", ["8.8.8.8", "1.1.1.1", "142.250.1.1", "2001:4860:4860::8888", "::ffff:8.8.8.8"]
)
def test_public(address: str) -> None:
    """Addresses of the open internet are public."""
    assert is_public(ipaddress.ip_address(address))


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "2130706433", "0x7f.1", "[::1]"])
def test_a_name_for_this_machine_is_refused(endpoint: Endpoint, host: str) -> None:
    """However this machine is written, nothing reaches it."""
    port = urlsplit(endpoint.url).port
    with open_outward(allow_private=False, retries=False) as http, pytest.raises(Invalid):
        http.request("POST", f"http://{host}:{port}")
    assert endpoint.arrived == []


def test_it_is_reached_if_allowed(endpoint: Endpoint) -> None:
    """With the setting this machine may be called."""
    with open_outward(allow_private=True, retries=False) as http:
        http.request("POST", endpoint.url, body=b'{"message": {"data": ""}}')
    assert len(endpoint.headers) == 1


def test_rebinding_gains_nothing(endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch) -> None:
    """A name is resolved once, and what was checked is what is connected to."""
    port = urlsplit(endpoint.url).port
    answers = iter(["8.8.8.8", "127.0.0.1", "127.0.0.1"])
    tried: list[Any] = []

    def resolve(*_: object) -> list[Any]:
        peer = (next(answers), port)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", peer)]

    def connect(self: socket.socket, peer: Any) -> None:
        tried.append(peer[0])
        raise OSError("nobody there")

    monkeypatch.setattr(outward._Guarded, "resolve", staticmethod(resolve))
    monkeypatch.setattr(socket.socket, "connect", connect)
    with open_outward(allow_private=False, retries=False) as http:
        with pytest.raises(Exception, match="cannot be reached"):
            http.request("POST", f"http://rebinding.example:{port}")
        with pytest.raises(Invalid):
            http.request("POST", f"http://rebinding.example:{port}")
    assert tried == ["8.8.8.8"]


def test_one_private_address_among_public_ones_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """A name with a private address is refused, though its first one is public."""
    found = [
        (socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, 80))
        for address in ("8.8.8.8", "169.254.169.254")
    ]
    monkeypatch.setattr(outward._Guarded, "resolve", staticmethod(lambda *_: found))
    with open_outward(allow_private=False, retries=False) as http, pytest.raises(Invalid):
        http.request("GET", "https://both.example")
