"""A simulated Google, a receiver of its notifications, and clients, for each test anew."""

from collections.abc import Iterator

import pytest

from infra.local.google import SimulatedGoogle, serve_google
from tests.local.google.client import Caller
from tests.local.google.receiver import Receiver


@pytest.fixture
def google() -> Iterator[SimulatedGoogle]:
    """A simulated Google that retries quickly."""
    with serve_google(retry_first=0.02, retry_longest=0.1, retry_attempts=5) as google:
        yield google


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """A receiver on loopback."""
    receiver = Receiver()
    yield receiver
    receiver.close()


@pytest.fixture
def caller(google: SimulatedGoogle) -> Iterator[Caller]:
    """Clients of that Google."""
    caller = Caller(google)
    yield caller
    caller.close()
