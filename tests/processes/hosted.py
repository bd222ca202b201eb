"""One function in functions-framework, as the platform runs it: killed whole, started again."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path

import requests

from tests import emulators
from tests.e2e.patience import eventually
from tests.e2e.processes import MAIN

LISTENS_WITHIN = 60.0  # seconds; 2 are usual


class Hosted:
    """A process group: gunicorn's master and its worker, which die together as a container does."""

    def __init__(
        self, name: str, port: int, environment: Mapping[str, str], *, folder: Path
    ) -> None:
        """Say what it is called, where it listens, and what it is told; nothing is started."""
        self.name = name
        self.url = f"http://127.0.0.1:{port}"
        self.port = port
        self.kills = 0
        self.peak = 0  # bytes, of all its lives
        self._environment = environment
        self._log = folder / f"{name}.log"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it; it ends with this process, whatever ends that."""
        words = ["-m", "functions_framework", f"--target={self.name}", f"--source={MAIN}"]
        server = [sys.executable, *words, "--host=127.0.0.1", f"--port={self.port}"]
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                ["/bin/sh", "-c", emulators._TIED_TO_US, "function", *server],
                cwd=self._log.parent,
                env={"PATH": os.environ["PATH"], **self._environment},
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def wait(self) -> None:
        """Wait until it answers."""
        eventually(f"{self.name} listens", self._listens, within=LISTENS_WITHIN)

    def call(self, *, timeout: float = 60.0) -> int | None:
        """Call it as the clock does; gives the status, None if no answer came."""
        try:
            return requests.post(self.url, data=b"", timeout=timeout).status_code
        except requests.RequestException:
            return None

    def kill(self) -> None:
        """Kill it with -9, all of it at once."""
        self.memory()
        self.kills += 1
        self._send(signal.SIGKILL)

    def end(self) -> None:
        """End it, whatever it does."""
        self._send(signal.SIGKILL)

    def memory(self) -> int:
        """Give the most bytes that its processes have held."""
        held = sum(most_held(process) for process in self._processes())
        self.peak = max(self.peak, held)
        return held

    @property
    def log(self) -> str:
        """What it has written, in all its lives."""
        return self._log.read_text(errors="replace") if self._log.exists() else ""

    def _processes(self) -> Iterator[int]:
        group = self._process.pid if self._process is not None else 0
        for entry in Path("/proc").iterdir():
            with suppress(ValueError, OSError):
                if os.getpgid(int(entry.name)) == group:
                    yield int(entry.name)

    def _send(self, number: signal.Signals) -> None:
        if self._process is None:
            return
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, number)
        self._process.wait(15)
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process = None

    def _listens(self) -> bool:
        assert self._process is not None
        assert self._process.poll() is None, self.log[-3000:]
        try:
            return requests.get(f"{self.url}/robots.txt", timeout=5).status_code == 404
        except requests.RequestException:
            return False


def most_held(process: int) -> int:
    """Give the most bytes that a process has held."""
    with suppress(OSError):
        for line in Path(f"/proc/{process}/status").read_text().splitlines():
            if line.startswith("VmHWM"):
                return int(line.split()[1]) * 1024
    return 0
