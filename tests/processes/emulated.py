"""An emulator of its own for one test: restarted, or stopped in its tracks for a while."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from tests import emulators
from tests.emulators import Emulator


class Emulated:
    """A running emulator that keeps its port over restarts; what it held in memory is gone."""

    def __init__(self, emulator: Emulator, log: Path) -> None:
        """Start it."""
        self._emulator = replace(emulator, heap="768m")
        self._log = log
        self._process, self.address = self._start(None)

    def end(self) -> None:
        """End it; `start` starts it anew at the same port."""
        emulators._end(self._process)

    def start(self) -> None:
        """Start it again."""
        self._process, _ = self._start(int(self.address.rpartition(":")[2]))

    def pause(self) -> None:
        """Let it neither answer nor refuse, as behind a broken network."""
        os.killpg(self._process.pid, signal.SIGSTOP)

    def resume(self) -> None:
        """Let it go on."""
        os.killpg(self._process.pid, signal.SIGCONT)

    def _start(self, port: int | None) -> tuple[subprocess.Popen[bytes], str]:
        with self._log.open("a+") as log:
            return emulators._start(self._emulator, log.fileno(), port)


@contextmanager
def emulated(emulator: Emulator, folder: Path) -> Iterator[Emulated]:
    """Run one for the length of the block."""
    try:
        running = Emulated(emulator, folder / f"{emulator.component}.log")
    except emulators.EmulatorMissingError as missing:
        pytest.skip(str(missing))
    try:
        yield running
    finally:
        running.resume()
        running.end()
