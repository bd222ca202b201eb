"""A hand does its work beside its maker, who gets to know how it ended."""

from __future__ import annotations

import threading
from contextvars import ContextVar

import pytest

from functions.domain.errors import Refused
from infra.hand import Hand

REQUEST = ContextVar("request", default="")

pytestmark = pytest.mark.timeout(10)


def test_it_works_at_once() -> None:
    """Nobody needs to wait for it to begin."""
    begun, go_on = threading.Event(), threading.Event()

    def work() -> str:
        begun.set()
        go_on.wait(5)
        return "done"

    hand = Hand(work, name="hand")
    assert begun.wait(5)
    go_on.set()
    assert hand.wait() == "done"
    assert not hand.is_alive()


def test_what_it_raised_is_for_whoever_waits() -> None:
    """A failure is not lost with the thread."""

    def work() -> None:
        raise Refused("no")

    with pytest.raises(Refused, match="no"):
        Hand(work, name="hand").wait()


def test_it_sees_what_its_maker_has_set() -> None:
    """So its log lines are found with the request that set it to work."""
    token = REQUEST.set("r1")
    try:
        assert Hand(REQUEST.get, name="hand").wait() == "r1"
    finally:
        REQUEST.reset(token)
