"""A copy of the whole tree: defects are planted and tests run there, never in the work tree."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from enum import StrEnum
from importlib.util import cache_from_source
from pathlib import Path

from tests.mutants.defect import Defect
from tests.mutants.witness import WITNESS

ROOT = Path(__file__).parents[2]
LEFT_OUT = (".git", ".venv", ".terraform", "__pycache__", ".*_cache", ".hypothesis", "htmlcov")
EACH = 30.0  # seconds for one test: what takes longer hangs
# Code that does not run at all is noticed by any test: that proves nothing.
NOT_RUNNING = (
    "NameError",
    "ImportError",
    "ModuleNotFoundError",
    "SyntaxError",
    "UnboundLocalError",
)


class Ending(StrEnum):
    """How a run of tests ended."""

    PASSED = "passed"
    FAILED = "failed"
    HUNG = "hung"
    BROKEN = "broken"  # it says nothing about the product


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """A run of tests that ended at the first failure, if there was one."""

    ending: Ending
    test: str = ""  # which failed
    text: str = ""  # and how
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Tree:
    """The copy, in a folder of its own."""

    folder: Path
    surroundings: Mapping[str, str]  # what the environment of tests has besides, e.g. emulators
    each: float = EACH

    @classmethod
    def copy(
        cls, folder: Path, surroundings: Mapping[str, str] | None = None, *, root: Path = ROOT
    ) -> Tree:
        """Copy the tree as it is now into a folder that is not there yet."""
        shutil.copytree(root, folder, ignore=shutil.ignore_patterns(*LEFT_OUT), symlinks=True)
        return cls(folder, surroundings or {})

    @contextmanager
    def planted(self, defect: Defect) -> Iterator[None]:
        """Have the defect in the copy for the block."""
        path = self.folder / defect.file
        sound = path.read_bytes()
        path.write_bytes(defect.plant(sound.decode()).encode())
        _uncompile(path)
        try:
            yield
        finally:
            path.write_bytes(sound)
            _uncompile(path)

    def run(self, arguments: Sequence[str], *, within: float) -> Run:
        """Run tests until one fails, for so many seconds at most."""
        began = time.monotonic()
        notes = self.folder / "witness.jsonl"
        notes.unlink(missing_ok=True)
        command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider"]
        command += ["-p", "tests.mutants.witness", "--hypothesis-seed=0", f"--timeout={self.each}"]
        status, output = self._started([*command, *arguments], notes, within)
        seconds = time.monotonic() - began
        first = notes.read_text(encoding="utf-8").splitlines()[:1] if notes.exists() else []
        if status is None:
            return Run(ending=Ending.HUNG, text=f"no end within {within:g} s", seconds=seconds)
        if status == 0:
            return Run(ending=Ending.PASSED, seconds=seconds)
        if not first:
            text = f"status {status}: {_last_words(output)}"
            return Run(ending=Ending.BROKEN, text=text, seconds=seconds)
        return _judged(json.loads(first[0]), seconds)

    def _started(
        self, command: Sequence[str], notes: Path, within: float
    ) -> tuple[int | None, str]:
        """Run a command; its status is None if it had to be ended, with all it started."""
        inherited = {k: v for k, v in os.environ.items() if not k.startswith(("PYTEST_", "COV_"))}
        environment = {**inherited, **self.surroundings, WITNESS: str(notes)}
        with subprocess.Popen(
            command,
            cwd=self.folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        ) as process:
            try:
                output, _ = process.communicate(timeout=within)
            except subprocess.TimeoutExpired:
                return None, ""
            finally:
                with suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)
        return process.returncode, output


def _judged(note: Mapping[str, str], seconds: float) -> Run:
    text = " ".join(note["text"].split())[:200]
    ending = Ending.FAILED
    if "Timeout (>" in text:
        ending = Ending.HUNG
    elif note["phase"] == "collect" or text.startswith(NOT_RUNNING):
        ending = Ending.BROKEN
    return Run(ending=ending, test=note["test"], text=text, seconds=seconds)


def _uncompile(path: Path) -> None:
    # Compiled files are told apart by size and second of their source: too little here.
    Path(cache_from_source(str(path))).unlink(missing_ok=True)


def _last_words(output: str) -> str:
    lines = [line for line in output.splitlines() if line.strip()]
    return " ".join(lines[-3:])[-300:]
