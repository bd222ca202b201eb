"""Starts Google's own Firestore and Pub/Sub emulators, found through gcloud, and ends them.

For the tests (see conftest.py) and for whatever else wants a real store and queue on one machine.
https://cloud.google.com/firestore/native/docs/emulator https://cloud.google.com/pubsub/docs/emulator
"""

from __future__ import annotations

import http.client
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path

_HOST = "127.0.0.1"
_START_WITHIN = 45.0  # seconds; 2 to 4 are usual, but a busy machine with two cores needs its time
_END_WITHIN = 5.0
_ATTEMPTS = 3  # a port that was free a moment ago may be taken

# Standard input is a pipe that only this process holds: when it ends in any way, even by kill -9,
# `read` returns and the emulator goes too. `exec` makes the shell's own process the emulator.
_TIED_TO_US = 'exec 3<&0; { read -r _ <&3; kill $$; } & exec 3<&- "$@" </dev/null'


class EmulatorMissingError(Exception):
    """The emulator is not installed; the text says how to get it."""


class EmulatorFailedError(Exception):
    """The emulator is installed but does not start; the text ends with its last words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Emulator:
    """One of gcloud's emulators: where it is, how it is run, which variable leads clients to it."""

    variable: str
    component: str
    jar: str
    arguments: tuple[str, ...]
    heap: str

    def command(self, port: int) -> list[str]:
        """Return the command that serves on `port`, as gcloud's own wrapper script would run it."""
        java = shutil.which("java")
        folder = sdk_root() / "platform" / self.component
        jar = next(iter(sorted(folder.glob(self.jar))), None) if java else None
        if java is None or jar is None:
            wanted = "a Java runtime" if java is None else f"gcloud's {self.component}"
            raise EmulatorMissingError(f"{wanted} is missing: {self.remedy}")
        arguments = (argument.format(jar=jar) for argument in self.arguments)
        # The serial collector and a small heap: several emulators share a small machine.
        jvm = [f"-Xmx{self.heap}", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"]
        return [java, *jvm, *arguments, f"--host={_HOST}", f"--port={port}"]

    @property
    def remedy(self) -> str:
        """The commands that install what is missing."""
        return (
            f"gcloud components install {self.component} (or apt-get install "
            f"google-cloud-cli-{self.component.removeprefix('cloud-')} default-jre-headless), "
            f"or set {self.variable}=host:port to one that runs"
        )


FIRESTORE = Emulator(
    variable="FIRESTORE_EMULATOR_HOST",
    component="cloud-firestore-emulator",
    jar="cloud-firestore-emulator.jar",
    arguments=(
        "-Duser.language=en",
        "-cp",
        "{jar}",
        "com.google.cloud.datastore.emulator.firestore.CloudFirestore",
        "start",
    ),
    heap="768m",
)
PUBSUB = Emulator(
    variable="PUBSUB_EMULATOR_HOST",
    component="pubsub-emulator",
    jar="lib/cloud-pubsub-emulator-*-all.jar",
    arguments=("-jar", "{jar}"),
    heap="256m",
)


@cache
def sdk_root() -> Path:
    """Return the folder of the Google Cloud SDK."""
    gcloud = shutil.which("gcloud")
    if gcloud is None:
        raise EmulatorMissingError(
            "gcloud is missing: install the Google Cloud CLI, https://cloud.google.com/sdk/docs"
        )
    asked = [gcloud, "info", "--format=value(installation.sdk_root)"]
    answer = subprocess.run(asked, capture_output=True, text=True, timeout=30, check=True)
    return Path(answer.stdout.strip())


@contextmanager
def running(emulator: Emulator, *, port: int | None = None) -> Iterator[str]:
    """Run the emulator for the length of the block, on a free port or this; gives `host:port`.

    Raises EmulatorMissingError if it is not installed, EmulatorFailedError if it does not start.
    """
    with tempfile.TemporaryFile("w+", prefix=f"{emulator.component}-") as log:
        process, address = _start(emulator, log.fileno(), port)
        try:
            yield address
        finally:
            _end(process)


def _start(emulator: Emulator, log: int, wanted: int | None) -> tuple[subprocess.Popen[bytes], str]:
    for _ in range(_ATTEMPTS):
        port = wanted or _free_port()
        process = subprocess.Popen(
            ["/bin/sh", "-c", _TIED_TO_US, "emulator", *emulator.command(port)],
            stdin=subprocess.PIPE,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        if _answers(process, port):
            return process, f"{_HOST}:{port}"
        _end(process)
    words = os.pread(log, 1_000_000, 0).decode(errors="replace")[-2000:]
    raise EmulatorFailedError(f"{emulator.component} does not start:\n{words}")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((_HOST, 0))
        port: int = probe.getsockname()[1]
        return port


def _answers(process: subprocess.Popen[bytes], port: int) -> bool:
    """Wait until the emulator greets on its port; False if it ends before or takes too long."""
    deadline = time.monotonic() + _START_WITHIN
    while process.poll() is None and time.monotonic() < deadline:
        connection = http.client.HTTPConnection(_HOST, port, timeout=5)
        try:
            connection.request("GET", "/")
            if connection.getresponse().status == http.HTTPStatus.OK:
                return True
        except (OSError, http.client.HTTPException):
            time.sleep(0.05)
        finally:
            connection.close()
    return False


def _end(process: subprocess.Popen[bytes]) -> None:
    """End the emulator and the shell that watches for us: one process group, known by its id."""
    for how in (signal.SIGTERM, signal.SIGKILL):
        with suppress(ProcessLookupError):
            os.killpg(process.pid, how)
        try:
            process.wait(_END_WITHIN)
            break
        except subprocess.TimeoutExpired:
            continue
    if process.stdin is not None:
        process.stdin.close()
