"""Fixtures of the end-to-end tests: a simulated Google and machines, each in processes of its own.

The long runs are behind `WATCHKEEPER_SOAK=1` (`make soak`).
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.machine import Machine, drive
from tests.e2e.processes import TRACE, Program
from tests.e2e.simulated import Simulated

SOAK = "WATCHKEEPER_SOAK"

Figures = Callable[[str], None]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Leave out the long runs unless they are asked for."""
    if os.environ.get(SOAK) == "1":
        return
    for item in items:
        if item.get_closest_marker("soak"):
            item.add_marker(pytest.mark.skip(reason=f"a long run: `make soak` or {SOAK}=1"))


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Show the figures that tests have noted."""
    reports = [each for of in terminalreporter.stats.values() for each in of]
    noted = [
        (getattr(each, "nodeid", "").rpartition("::")[2], value)
        for each in reports
        for name, value in getattr(each, "user_properties", ())
        if name == "figures" and each.when == "call"
    ]
    if noted:
        terminalreporter.section("figures")
        for test, value in noted:
            terminalreporter.line(f"{test}: {value}")


@pytest.fixture
def figures(record_property: Callable[[str, object], None]) -> Figures:
    """Note what was measured, for the summary."""
    return lambda text: record_property("figures", text)


@pytest.fixture
def google(tmp_path: Path) -> Iterator[Simulated]:
    """Run `python main.py simulate` on a free port."""
    program = Program("simulate", "--port", "0", folder=tmp_path)
    try:
        program.says("simulated Google: ")
        program.says("control endpoints: ")
        yield Simulated(program.out.split()[2])
    finally:
        program.put_down()
    assert TRACE not in program.err, program.err[-5000:]


@pytest.fixture
def machines(tmp_path: Path, google: Simulated) -> Iterator[Callable[..., Machine]]:
    """Make machines on which `serve` can be run against the simulated Google."""
    made: list[Machine] = []

    def make(**more: Any) -> Machine:
        folder = tmp_path / f"machine-{len(made)}"
        folder.mkdir()
        made.append(Machine(folder, google.url, **more))
        return made[-1]

    yield make
    for machine in made:
        machine.put_down()


@pytest.fixture
def machine(machines: Callable[..., Machine]) -> Machine:
    """Give a machine on which nothing runs yet."""
    return machines()


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Machine]:
    """Give a machine with one good watch and no Google, for what is refused anyway."""
    machine = Machine(tmp_path, "http://127.0.0.1:9")
    machine.declare(drive("ana-drive", "ana@example.com"))
    yield machine
    machine.put_down()
