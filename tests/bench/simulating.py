"""The simulated Google and `serve`, in processes of their own, for as long as a section lasts."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.e2e.machine import Machine
from tests.e2e.processes import Program
from tests.e2e.simulated import Simulated


@contextmanager
def google_at_hand(folder: Path) -> Iterator[Simulated]:
    """Run `python main.py simulate` on a free port."""
    program = Program("simulate", "--port", "0", folder=folder)
    try:
        program.says("control endpoints: ")
        yield Simulated(program.out.split()[2])
    finally:
        program.put_down()


@contextmanager
def machine_at_hand(folder: Path, google: Simulated) -> Iterator[Machine]:
    """Give a machine on which `serve` can be run."""
    place = folder / "machine"
    place.mkdir()
    machine = Machine(place, google.url)
    try:
        yield machine
    finally:
        for program in machine.programs:
            program.put_down()
