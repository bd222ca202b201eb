"""Files for one pair of eyes: 0600 in a folder 0700, refused if anybody else may look.

Every refusal names the command that mends it.
"""

from __future__ import annotations

import errno
import os
import secrets
import shlex
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from functions.domain.errors import Misconfigured

_OTHERS = 0o077
_LARGEST = 64 * 1024  # as much as Secret Manager takes


def check_folder(folder: Path) -> None:
    """Refuse a folder that others may look into.

    Raises:
        FileNotFoundError: it is not there.
        Misconfigured: it is not ours alone.
    """
    mode = folder.stat().st_mode
    if not stat.S_ISDIR(mode):
        raise Misconfigured(f"{folder} is not a folder")
    if mode & _OTHERS:
        raise Misconfigured(f"others may look into {folder}: chmod 700 {shlex.quote(str(folder))}")


def make_folder(folder: Path) -> None:
    """Make the folder, 0700, if it is not there; refuse it if others may look into it."""
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        folder.mkdir(mode=0o700, exist_ok=True)
    except FileExistsError:
        raise Misconfigured(f"{folder} is not a folder") from None
    check_folder(folder)


def read_private(path: Path) -> str:
    """Read a small text.

    Raises:
        FileNotFoundError: it is not there.
        Misconfigured: it is no plain file, not ours alone, too large, or no text.
    """
    check_folder(path.parent)
    with _opened(path) as file:
        check_mode(path, os.fstat(file))
        data = os.read(file, _LARGEST + 1)
    if len(data) > _LARGEST:
        raise Misconfigured(f"{path} is larger than a secret may be: 64 KiB")
    try:
        return data.decode()
    except UnicodeDecodeError:
        raise Misconfigured(f"{path} is not a text in UTF-8") from None


def check_mode(path: Path, status: os.stat_result) -> None:
    """Refuse what is no plain file, or what others may read."""
    if not stat.S_ISREG(status.st_mode):
        raise Misconfigured(f"{path} is not a plain file")
    if status.st_mode & _OTHERS:
        raise Misconfigured(f"others may read {path}: chmod 600 {shlex.quote(str(path))}")


def create_private(path: Path, text: str) -> bool:
    """Write a new file, whole or not at all; False if another process was first."""
    with _draft(path, text) as draft:
        try:
            path.hardlink_to(draft)  # unlike a rename this fails if the file is there
        except FileExistsError:
            return False
    return True


def replace_private(path: Path, text: str) -> None:
    """Put a new text in the place of the file's: readers see the old or the new one, whole."""
    with _draft(path, text) as draft:
        draft.replace(path)


def begin_private(path: Path) -> None:
    """Make an empty file if there is none, for a library that would let others read it.

    Where that cannot be done, the library says so in its own words.
    """
    with suppress(OSError):
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))


@contextmanager
def _opened(path: Path) -> Iterator[int]:
    # Not through a link to elsewhere, and not waiting for the other end of a pipe.
    try:
        file = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as failure:
        if failure.errno == errno.ELOOP:
            raise Misconfigured(f"{path} is a symbolic link: put the file itself there") from None
        raise
    try:
        yield file
    finally:
        os.close(file)


@contextmanager
def _draft(path: Path, text: str) -> Iterator[Path]:
    """Write the text to a file of its own beside `path`, gone after the block."""
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    file = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        with os.fdopen(file, "w", encoding="utf-8") as stream:
            stream.write(text)
            stream.flush()
            os.fsync(stream.fileno())
        yield draft
    finally:
        draft.unlink(missing_ok=True)
        _sync(path.parent)


def _sync(folder: Path) -> None:
    """Have the folder's entries on the disk, not only in memory."""
    opened = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)
