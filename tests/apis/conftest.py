"""A system of its own for each test, with Google's client library between it and Google."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.world.far import FarSystem


@pytest.fixture
def system(tmp_path: Path) -> Iterator[FarSystem]:
    """Everything in one thread and in its own time."""
    system = FarSystem(tmp_path)
    yield system
    system.close()
    assert system.far.wrong == []
