"""Planted defects, kept as data: a text of the product, what to put in its place, who would suffer.

A defect names a text, not line numbers, so that it survives whatever moves its lines. Once the text
is no longer there, or is there twice, that is an error: what is not planted proves nothing.
"""

from __future__ import annotations

import ast
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).with_name("defects")
PRODUCT = ("functions", "infra")


class NotPlanted(Exception):
    """A defect that cannot be planted, or is none; the text says which and why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Defect:
    """One mistake that somebody could make in this file."""

    name: str
    breaks: str  # one sentence: what is wrong then, and what a user would lose
    file: str  # of the product, from the root
    old: str
    new: str
    tests: tuple[str, ...]  # files, or single tests, that should notice; run first
    also: tuple[tuple[str, str], ...] = ()  # old and new texts that go with it
    emulator: bool = False  # they need Firestore's

    def plant(self, text: str) -> str:
        """Give the file's text with the defect in it.

        Raises:
            NotPlanted: the text it replaces is not there exactly once, or no Python comes of it.
        """
        planted = text
        for old, new in ((self.old, self.new), *self.also):
            if (times := planted.count(old)) != 1:
                where = f"is {times} times" if times else "is not"
                raise NotPlanted(f"{self.name}: its old text {where} in {self.file}: mend it")
            planted = planted.replace(old, new)
        try:
            same = ast.dump(ast.parse(planted)) == ast.dump(ast.parse(text))
        except SyntaxError as error:
            raise NotPlanted(f"{self.name}: what it makes of {self.file} is no Python") from error
        if same:
            raise NotPlanted(f"{self.name}: {self.file} means the same with it")
        return planted


def read_defects(folder: Path = FOLDER) -> list[Defect]:
    """Read all defects, file by file, in the order in which they stand there.

    Raises:
        NotPlanted: an entry is malformed, or a name is given twice.
    """
    every = [defect for path in sorted(folder.glob("*.toml")) for defect in _read(path)]
    names = [defect.name for defect in every]
    for name in names:
        if names.count(name) > 1:
            raise NotPlanted(f"{name}: is there twice")
    return every


def choose(every: Sequence[Defect], globs: Sequence[str]) -> list[Defect]:
    """Give the defects of these names; all if none is given.

    Raises:
        NotPlanted: there is none of such a name.
    """
    for glob in globs:
        if not any(fnmatchcase(defect.name, glob) for defect in every):
            raise NotPlanted(f"{glob}: there is no defect of this name")
    fits = [any(fnmatchcase(defect.name, glob) for glob in globs) for defect in every]
    return [defect for defect, fit in zip(every, fits, strict=True) if fit or not globs]


def _read(path: Path) -> Iterator[Defect]:
    for entry in tomllib.loads(path.read_text(encoding="utf-8"))["defect"]:
        name = entry.get("name", "")
        try:
            also = tuple((old, new) for old, new in entry.get("also", ()))
            yield _checked(Defect(**entry | {"tests": tuple(entry["tests"]), "also": also}))
        except (TypeError, ValueError, KeyError) as error:
            raise NotPlanted(f"{path.name}, {name!r}: {error}") from error


def _checked(defect: Defect) -> Defect:
    values: dict[str, Any] = {"breaks": defect.breaks, "old": defect.old, "tests": defect.tests}
    missing = [name for name, value in values.items() if not value]
    if missing:
        raise NotPlanted(f"{defect.name}: lacks {', '.join(missing)}")
    if defect.file.partition("/")[0] not in PRODUCT:
        raise NotPlanted(f"{defect.name}: {defect.file} is not the product's")
    return defect
