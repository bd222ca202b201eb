"""Functions as the cloud runs them: under functions-framework's own server, each in a process.

A function and whoever calls it have a core each where there are two: one is what the cloud gives.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from tests.emulators import _TIED_TO_US

ROOT = Path(__file__).resolve().parents[2]
RIVALS = Path(__file__).resolve().parent / "rivals"
FRAMEWORK = Path(sys.executable).parent / "functions-framework"
THREADS = 40  # terraform/functions.tf: the concurrency of `receive`
HOST = "127.0.0.1"
_START_WITHIN = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Function:
    """What is served: which `def` of which file, with which settings."""

    source: Path
    target: str = "receive"
    settings: Mapping[str, str] = field(default_factory=dict)


BARE = Function(source=RIVALS / "bare.py")


@dataclass(frozen=True, slots=True)
class Served:
    """A function that is served: where, and by which group of processes."""

    port: int
    group: int


@contextmanager
def serving(function: Function) -> Iterator[Served]:
    """Serve it for the length of the block."""
    port = free_port()
    process = launch(function, port)
    try:
        connect(process, port).close()
        yield Served(port, process.pid)
    finally:
        end(process)


def launch(function: Function, port: int) -> subprocess.Popen[bytes]:
    """Start the server's process; it ends with ours, however that ends."""
    command = [str(FRAMEWORK), "--source", str(function.source), "--target", function.target]
    settings = {"HOST": HOST, "PORT": str(port), "THREADS": str(THREADS)}
    return subprocess.Popen(
        ["/bin/sh", "-c", _TIED_TO_US, "function", *pinned(0), *command],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT), "LOG_EXECUTION_ID": "true"}
        | settings
        | dict(function.settings),
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )


def connect(process: subprocess.Popen[bytes], port: int) -> socket.socket:
    """Give a connection as soon as there is one."""
    until = time.monotonic() + _START_WITHIN
    while time.monotonic() < until and process.poll() is None:
        with suppress(ConnectionRefusedError):
            return socket.create_connection((HOST, port), timeout=_START_WITHIN)
        time.sleep(0.001)
    raise RuntimeError(f"the function does not start: {process.args!r}")


def end(process: subprocess.Popen[bytes]) -> None:
    """End the server with its workers: one process group."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        with suppress(ProcessLookupError):
            os.killpg(process.pid, number)
        with suppress(subprocess.TimeoutExpired):
            process.wait(5)
            break
    if process.stdin is not None:
        process.stdin.close()


def pinned(core: int) -> list[str]:
    """Give the beginning of a command that keeps to one core, where that can be said."""
    cores = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else []
    if len(cores) < 2:
        return []
    return ["taskset", "-c", str(cores[core % len(cores)])]


def free_port() -> int:
    """Give a port that nobody uses at this moment."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])
