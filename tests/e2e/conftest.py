"""Fixtures of the end-to-end tests: a simulated Google and machines, in processes of their own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.machine import Machine, drive
from tests.e2e.processes import TRACE, Program
from tests.e2e.simulated import Simulated

Figures = Callable[[str], None]


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
