"""Appends change events to a file or to standard output, one line of JSON each."""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Iterable
from pathlib import Path

from functions.domain.errors import Misconfigured
from infra.local.queue.delivery import Batch

_STANDARD_OUTPUT = "-"


class ChangesFile:
    """What `--changes` names; a batch of it is acknowledged when it is in the file.

    The file is opened anew for each batch, so it may be moved away meanwhile. A line torn by a
    crash or a full disk is ended before the next.

    Raises:
        Misconfigured: the file cannot be written.
    """

    def __init__(self, path: str) -> None:
        self._path = None if path == _STANDARD_OUTPUT else Path(path)
        try:
            self.append(())
        except OSError as error:
            raise Misconfigured(f"--changes {path}: {error.strerror}") from error

    def __call__(self, batch: Batch) -> None:
        """Write the events of a batch."""
        self.append(message.data for message in batch.messages)

    def append(self, lines: Iterable[bytes]) -> None:
        """Write lines; on the disk when this returns."""
        text = b"".join(line + b"\n" for line in lines)
        if self._path is None:
            sys.stdout.buffer.write(text)
            sys.stdout.buffer.flush()
            return
        with self._path.open("ab") as file:
            regular = stat.S_ISREG(os.fstat(file.fileno()).st_mode)
            if regular and _is_torn(self._path):
                file.write(b"\n")
            file.write(text)
            file.flush()
            if regular:
                os.fsync(file.fileno())


def _is_torn(path: Path) -> bool:
    with path.open("rb") as file:
        if not file.seek(0, os.SEEK_END):
            return False
        file.seek(-1, os.SEEK_END)
        return file.read(1) != b"\n"
