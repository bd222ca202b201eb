"""Runs `python main.py ...` as processes of their own; none outlives its test.

What they write is kept in files, and no test is content with a stack trace in them.
"""

from __future__ import annotations

import itertools
import os
import random
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from tests.e2e.patience import eventually

MAIN = Path(__file__).resolve().parents[2] / "main.py"
TRACE = "Traceback (most recent call last)"

_numbers = itertools.count(1)
# Below the ports that the system hands out by itself: who comes back after a kill finds it free.
_PORTS = range(10_000, 30_000)


@dataclass(frozen=True, slots=True)
class Ended:
    """What a command did that has ended."""

    status: int
    out: str
    err: str


class Program:
    """One command that runs until it is ended."""

    def __init__(
        self, *arguments: str, folder: Path, environment: Mapping[str, str] | None = None
    ) -> None:
        """Start it."""
        name = f"{arguments[0]}-{next(_numbers)}"
        self._out, self._err = folder / f"{name}.out", folder / f"{name}.err"
        with self._out.open("wb") as out, self._err.open("wb") as err:
            self.process = subprocess.Popen(
                [sys.executable, str(MAIN), *arguments],
                cwd=folder,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
                env=_environment(environment),
            )

    @property
    def out(self) -> str:
        """What it has written to standard output."""
        return self._out.read_text(errors="replace")

    @property
    def err(self) -> str:
        """What it has written to standard error."""
        return self._err.read_text(errors="replace")

    @property
    def is_running(self) -> bool:
        """Whether it has not ended."""
        return self.process.poll() is None

    def says(self, text: str, *, within: float = 15.0) -> None:
        """Wait until it has written this."""

        def look() -> bool:
            said = text in self.out or text in self.err
            if not said and not self.is_running:
                raise AssertionError(f"ended with {self.process.returncode}:\n{self.err[-3000:]}")
            return said

        eventually(f"{text!r} of {self._err.name}", look, within=within)

    def says_more(self, text: str, *, within: float) -> bool:
        """Wait, looking closely, until it logs this once more; False if it does not."""
        until = time.monotonic() + within
        with self._err.open("rb") as log:
            log.seek(0, os.SEEK_END)
            while time.monotonic() < until:
                if text.encode() in log.read():
                    return True
                time.sleep(0.0005)
        return False

    def send(self, number: signal.Signals) -> None:
        """Send it a signal."""
        self.process.send_signal(number)

    def end(self, number: signal.Signals = signal.SIGTERM, *, within: float = 10.0) -> int:
        """End it by a signal and give its exit status; fail if that takes too long."""
        self.send(number)
        return self.wait(within=within)

    def wait(self, *, within: float) -> int:
        """Wait for its end and give its exit status."""
        try:
            return self.process.wait(within)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"still runs after {within:g} s:\n{self.err[-3000:]}") from None

    def put_down(self) -> None:
        """End it, whatever it does."""
        with suppress(ProcessLookupError):
            self.process.kill()
        self.process.wait()


def finish(
    *arguments: str,
    folder: Path,
    environment: Mapping[str, str] | None = None,
    within: float = 40.0,
) -> Ended:
    """Run a command to its end."""
    done = subprocess.run(
        [sys.executable, str(MAIN), *arguments],
        cwd=folder,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=within,
        env=_environment(environment),
        check=False,
    )
    assert TRACE not in done.stdout + done.stderr, done.stderr
    return Ended(done.returncode, done.stdout, done.stderr)


def free_ports() -> tuple[int, int]:
    """Give two ports in a row that nobody uses."""
    while True:
        first = random.choice(_PORTS)
        if _is_free(first) and _is_free(first + 1):
            return first, first + 1


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        with suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return True
    return False


def _environment(more: Mapping[str, str] | None) -> dict[str, str]:
    # Wide enough that no message is wrapped.
    return {**os.environ, "COLUMNS": "400", **(more or {})}
