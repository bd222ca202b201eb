"""A system of its own for each test of the flows."""

from collections.abc import Iterator
from pathlib import Path

import pytest

pytest.register_assert_rewrite("tests.world")

from tests.world.system import System  # noqa: E402 - its asserts are to be explained, too


@pytest.fixture
def system(tmp_path: Path) -> Iterator[System]:
    """Everything in one thread and in its own time."""
    system = System(tmp_path)
    yield system
    system.close()
