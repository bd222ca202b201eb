"""A system of its own for each test of the flows, as it is, or brought to where a test begins."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.world.doorway import Doorway, opened
from tests.world.system import SECOND, System


@pytest.fixture
def system(tmp_path: Path) -> Iterator[System]:
    """Everything in one thread and in its own time."""
    system = System(tmp_path)
    yield system
    system.close()


@pytest.fixture
def covered(system: System) -> System:
    """Give a system with a watch of Ana's Drive that is covered, all its messages read."""
    system.begin()
    system.pass_time(10 * SECOND)
    return system


@pytest.fixture
def quiet(covered: System) -> Iterator[System]:
    """Give a covered watch whose Google sends nothing and whose clock makes no ticks."""
    covered.near.world.faults.set("drop")
    covered.next_tick = None
    yield covered
    assert [text for text, _ in covered.journal.warnings if text == "internal error"] == []


@pytest.fixture
def small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have Drive's lists come in pages of ten."""
    monkeypatch.setattr("functions.sources.drive.PAGE_SIZE", 10)


@pytest.fixture
def doorway() -> Iterator[Doorway]:
    """Give `receive` as it is deployed."""
    with opened() as doorway:
        yield doorway
