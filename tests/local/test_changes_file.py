"""The file of changes has whole lines, whatever happened to it before."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from functions.domain.errors import Misconfigured
from infra.local.changes_file import ChangesFile

_WRITE_TWO = """
import sys
from infra.local.changes_file import ChangesFile
file = ChangesFile("-")
file.append([b'{"id":"1"}', '{"id":"ü"}'.encode()])
sys.stdin.read()
"""


def test_events_are_appended(tmp_path: Path) -> None:
    """Each event is a line, after what was there."""
    path = tmp_path / "changes.jsonl"
    path.write_bytes(b'{"id":"0"}\n')
    file = ChangesFile(str(path))
    file.append([b'{"id":"1"}', b'{"id":"2"}'])
    file.append([b'{"id":"3"}'])
    assert path.read_bytes() == b'{"id":"0"}\n{"id":"1"}\n{"id":"2"}\n{"id":"3"}\n'


def test_a_torn_line_is_ended_first(tmp_path: Path) -> None:
    """A line that a crash left unfinished is ended at the start, so that the next is whole."""
    path = tmp_path / "changes.jsonl"
    path.write_bytes(b'{"id":"0"}\n{"id":"1","da')
    file = ChangesFile(str(path))
    assert path.read_bytes() == b'{"id":"0"}\n{"id":"1","da\n'
    file.append([b'{"id":"1"}'])
    assert path.read_bytes() == b'{"id":"0"}\n{"id":"1","da\n{"id":"1"}\n'


def test_a_line_torn_meanwhile_is_ended_too(tmp_path: Path) -> None:
    """A full disk may leave half a line while we run; the repetition is a line of its own."""
    path = tmp_path / "changes.jsonl"
    file = ChangesFile(str(path))
    path.write_bytes(b'{"id":"1","da')
    file.append([b'{"id":"1"}'])
    assert path.read_bytes() == b'{"id":"1","da\n{"id":"1"}\n'


def test_a_file_that_was_moved_away_is_made_anew(tmp_path: Path) -> None:
    """Whoever rotates the file finds new events in a new one."""
    path = tmp_path / "changes.jsonl"
    file = ChangesFile(str(path))
    file.append([b'{"id":"1"}'])
    path.rename(tmp_path / "changes.1")
    file.append([b'{"id":"2"}'])
    assert path.read_bytes() == b'{"id":"2"}\n'


def test_it_is_made_at_the_start(tmp_path: Path) -> None:
    """The file is there before the first event, so that it can be followed."""
    path = tmp_path / "changes.jsonl"
    ChangesFile(str(path))
    assert path.read_bytes() == b""


def test_a_pipe_is_written_to(tmp_path: Path) -> None:
    """A named pipe takes events as they come; there is nothing to mend or to sync."""
    path = tmp_path / "pipe"
    os.mkfifo(path)
    reader = os.open(path, os.O_RDWR)  # also to write, or a pipe without writer would end
    try:
        ChangesFile(str(path)).append([b'{"id":"1"}'])
        assert os.read(reader, 1000) == b'{"id":"1"}\n'
    finally:
        os.close(reader)


@pytest.mark.parametrize("kind", ["a folder", "no folder"])
def test_a_path_that_cannot_be_written_is_refused(tmp_path: Path, kind: str) -> None:
    """A wrong path is said at the start and named."""
    path = tmp_path if kind == "a folder" else tmp_path / "wanting" / "changes.jsonl"
    with pytest.raises(Misconfigured, match="--changes") as refusal:
        ChangesFile(str(path))
    assert str(path) in str(refusal.value)


def test_standard_output_is_flushed() -> None:
    """With `-` events appear on standard output at once, while the program goes on."""
    program = subprocess.Popen(
        [sys.executable, "-c", _WRITE_TWO],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"},
    )
    assert program.stdin
    assert program.stdout
    with program:
        lines = [program.stdout.readline(), program.stdout.readline()]
        program.stdin.close()
    assert lines == [b'{"id":"1"}\n', '{"id":"ü"}\n'.encode()]
