"""A system of its own for each test of the flows."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.world.system import System


@pytest.fixture
def system(tmp_path: Path) -> Iterator[System]:
    """Everything in one thread and in its own time."""
    system = System(tmp_path)
    yield system
    system.close()
