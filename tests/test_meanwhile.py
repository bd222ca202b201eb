"""What is done while a block runs ends with it, and its trouble is not swallowed."""

from __future__ import annotations

import threading

import pytest

from tests.meanwhile import Meanwhile


class Counting(Meanwhile):
    """Counts its steps, and fails at one of them."""

    def __init__(self, *, fails_at: int = 0) -> None:
        """Keep when to fail."""
        super().__init__(every=0.001)
        self._fails_at = fails_at
        self.steps = 0
        self.reached = threading.Event()

    def step(self) -> None:
        """Count one."""
        self.steps += 1
        if self.steps >= 3:
            self.reached.set()
        if self.steps == self._fails_at:
            raise ValueError("boom")


def test_nothing_is_done_after_the_block() -> None:
    """It goes on until the block ends, and not a step longer."""
    with Counting() as counting:
        assert counting.reached.wait(5)
    steps = counting.steps
    assert not threading.Event().wait(0.02)
    assert counting.steps == steps


def test_trouble_is_raised_at_the_end() -> None:
    """A step that fails is the last one, and the block hears of it."""
    with pytest.raises(ValueError, match="boom"), Counting(fails_at=3) as counting:
        assert counting.reached.wait(5)
    assert counting.steps == 3


def test_trouble_of_the_block_comes_first() -> None:
    """What the block itself raises is not hidden by what it may have caused."""

    def fail() -> None:
        with Counting(fails_at=3) as counting:
            assert counting.reached.wait(5)
            raise KeyError

    with pytest.raises(KeyError):
        fail()
