"""docs/commands.md is true: each transcript is executed, in order, in one new folder."""

from __future__ import annotations

import doctest
import re
import shlex
from collections.abc import Iterator
from pathlib import Path

from infra.machine.commands.table import OPERATING
from tests.machine.conftest import Run

PAGE = Path(__file__).resolve().parents[2] / "docs" / "commands.md"
STATUS = re.compile(r"\[status (\d+)\]")


def transcripts(text: str) -> Iterator[tuple[str, str, int]]:
    """Give command, what it says and its exit status."""
    for block in re.findall(r"```console\n(.*?)```", text, re.DOTALL):
        for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            command, _, said = part.partition("\n")
            found = STATUS.search(said)
            yield command, STATUS.sub("", said).rstrip("\n"), int(found[1]) if found else 0


def test_each_transcript(run: Run) -> None:
    """What the page shows is what a new user sees."""
    told = list(transcripts(PAGE.read_text()))
    assert len(told) > 25
    for command, said, status in told:
        python, main, *arguments = shlex.split(command)
        assert (python, main) == ("python", "main.py")
        ended = run(*arguments)
        got = (ended.out + ended.err).rstrip("\n")
        fits = doctest.OutputChecker().check_output(said + "\n", got + "\n", doctest.ELLIPSIS)
        assert fits, f"{command}\n--- the page\n{said}\n--- really\n{got}"
        assert ended.status == status, f"{command}: {ended.status}\n{got}"


def test_each_command_is_told() -> None:
    """No command of the table is left out of the documents."""
    pages = "".join(path.read_text() for path in PAGE.parent.glob("*.md"))
    assert [one.name for one in OPERATING if f"main.py {one.name}" not in pages] == []
