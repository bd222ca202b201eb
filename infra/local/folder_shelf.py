"""Keeps downloads in a folder of this machine: whole files only, each under a name of its own.

What is not whole yet is in `.watchkeeper` beside them, where the next try finds it.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from functions.domain.errors import Invalid, Unavailable
from functions.domain.filename import OURS, file_mark
from functions.ports import Clock, Copy, Read


class FolderShelf:
    """The port `Shelf` on a folder."""

    def __init__(self, folder: Path, *, clock: Clock) -> None:
        """Keep where it is; it is made when something is put there."""
        self._folder = folder
        self._clock = clock

    def put(self, copy: Copy, read: Read, *, until: datetime) -> str:
        with _translated(self._folder):
            part = self._part(copy)
            self._fill(part, copy, read, until)
            _check(part, copy)
            return self._place(part, copy)

    def settle(self, copy: Copy) -> None:
        with _translated(self._folder):
            for left in (self._folder / OURS).glob(f"{_owner(copy)}-*.part"):
                left.unlink(missing_ok=True)

    def remove(self, name: str) -> None:
        with _translated(self._folder):
            self._inside(name).unlink(missing_ok=True)

    def mark(self, name: str, text: bytes) -> None:
        with _translated(self._folder):
            draft = self._drafts() / f"{file_mark(name)}.note"
            draft.write_bytes(text)
            draft.replace(self._inside(name))

    def _part(self, copy: Copy) -> Path:
        """Give the file to copy into; those of other versions go."""
        part = self._drafts() / f"{_owner(copy)}-{_digest(copy.version)}.part"
        for other in part.parent.glob(f"{_owner(copy)}-*.part"):
            if other != part or copy.size is None or other.stat().st_size > copy.size:
                other.unlink()
        return part

    def _fill(self, part: Path, copy: Copy, read: Read, until: datetime) -> None:
        done = part.stat().st_size if part.exists() else 0
        if done == copy.size and part.exists():
            return
        with part.open("ab") as file, read(done) as pieces:
            for piece in pieces:
                file.write(piece)
                done += len(piece)
                if self._clock.now() >= until and done != copy.size:
                    raise Unavailable(f"{done} of {copy.size} bytes are copied, more the next time")
            file.flush()
            os.fsync(file.fileno())

    def _place(self, part: Path, copy: Copy) -> str:
        if copy.replaces is not None:
            part.replace(self._inside(copy.replaces))
            return copy.replaces
        for name in copy.names:
            target = self._inside(name)
            try:
                # Unlike a rename this fails if the name is taken. The part stays until the name is
                # written down, so that a try that died here is recognised as the same file.
                target.hardlink_to(part)
            except FileExistsError:
                if not target.samefile(part):
                    continue
            return name
        part.replace(self._inside(copy.names[-1]))  # of this very file, by its id
        return copy.names[-1]

    def _inside(self, name: str) -> Path:
        if not name or Path(name).name != name or name in {".", "..", OURS}:
            raise Invalid("a copy has a plain name")
        return self._folder / name

    def _drafts(self) -> Path:
        drafts = self._folder / OURS
        drafts.mkdir(parents=True, exist_ok=True)
        return drafts


def _check(part: Path, copy: Copy) -> None:
    """Refuse what is not what Google said: it is copied anew, or goes on where it broke off."""
    size = part.stat().st_size
    if copy.size is not None and size < copy.size:
        raise Unavailable(f"only {size} of {copy.size} bytes came")
    if copy.md5 is not None:
        with part.open("rb") as file:
            digest = hashlib.file_digest(file, lambda: hashlib.md5(usedforsecurity=False))
        if digest.hexdigest() != copy.md5:
            part.unlink()
            raise Unavailable("what came is not what Google described: the file may have changed")


def _owner(copy: Copy) -> str:
    return f"{file_mark(copy.item)}-{_digest(copy.owner)}"


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()[:12]


@contextmanager
def _translated(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        why = error.strerror or type(error).__name__
        raise Unavailable(f"the folder {folder} cannot be used: {why}") from error
