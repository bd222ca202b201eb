# ruff: noqa: T201 - a command line prints
"""Plants each defect in a copy of the tree and tells which test notices it: `make mutants`.

Exit status: 0 if all are noticed, 1 if one is not, 2 if nothing can be said.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from tests import emulators
from tests.mutants.defect import FOLDER, Defect, NotPlanted, choose, read_defects
from tests.mutants.tree import ROOT, Ending, Tree
from tests.mutants.trial import Trial, Verdict, sound, try_defect

ALL_NOTICED, NOT_ALL, NOTHING_KNOWN = 0, 1, 2
REQUIRED = "WATCHKEEPER_REQUIRE_EMULATORS"


def main(arguments: Sequence[str] | None = None, *, root: Path = ROOT) -> int:
    """Do what the command line asks; gives the exit status."""
    asked = _parser().parse_args(arguments)
    try:
        chosen = choose(read_defects(asked.defects), asked.name)
    except NotPlanted as fault:
        print(fault, file=sys.stderr)
        return NOTHING_KNOWN
    if asked.list:
        print(*(f"{defect.name}\n  {defect.breaks}" for defect in chosen), sep="\n")
        return ALL_NOTICED
    say = sys.stderr if asked.json else sys.stdout
    with _surroundings(chosen) as given, tempfile.TemporaryDirectory() as folder:
        tree = Tree.copy(Path(folder, "tree"), given, root=root)
        if not _is_sound(chosen, tree):
            return NOTHING_KNOWN
        trials = [
            _told(trial, f"{number}/{len(chosen)}", say)
            for number, trial in enumerate(_tries(chosen, tree, asked), start=1)
        ]
    _sum_up(trials, say)
    if asked.json:
        print(json.dumps([_as_json(trial) for trial in trials], indent=1))
    return NOT_ALL if any(_fails(trial) for trial in trials) else ALL_NOTICED


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="make mutants", description=__doc__)
    parser.add_argument("name", nargs="*", help="defects to try, `*` allowed; all if none is given")
    parser.add_argument("--list", action="store_true", help="tell of each what it breaks, no more")
    parser.add_argument("--named-only", action="store_true", help="leave the quick round out")
    parser.add_argument("--json", action="store_true", help="write what became of each as JSON")
    parser.add_argument("--defects", type=Path, default=FOLDER, help="another folder of defects")
    return parser


@contextmanager
def _surroundings(defects: Sequence[Defect]) -> Iterator[Mapping[str, str]]:
    """Have Firestore's emulator, if a defect needs it and it is installed."""
    if not any(defect.emulator for defect in defects):
        yield {}
        return
    variable = emulators.FIRESTORE.variable
    if given := os.environ.get(variable):
        yield {variable: given}
        return
    try:
        with emulators.running(emulators.FIRESTORE) as address:
            yield {variable: address}
    except emulators.EmulatorMissingError as missing:
        print(missing, file=sys.stderr)
        yield {}


def _is_sound(defects: Sequence[Defect], tree: Tree) -> bool:
    """Whether the tests pass without any defect: else what they say of one means nothing."""
    able = [defect for defect in defects if not defect.emulator or tree.surroundings]
    if not able:
        return True
    run = sound(able, tree)
    if run.ending is not Ending.PASSED:
        print(f"without any defect: {run.ending} {run.test} {run.text}", file=sys.stderr)
    return run.ending is Ending.PASSED


def _tries(defects: Sequence[Defect], tree: Tree, asked: argparse.Namespace) -> Iterator[Trial]:
    for defect in defects:
        if defect.emulator and not tree.surroundings:
            yield Trial(defect=defect, verdict=Verdict.UNTRIED, text="needs an emulator")
        else:
            yield try_defect(defect, tree, named_only=asked.named_only)


def _told(trial: Trial, number: str, say: TextIO) -> Trial:
    """Write the line of one trial, at once."""
    by = trial.by if trial.verdict is Verdict.KILLED else f"{trial.by} {trial.text}".strip()
    by += "" if trial.named or trial.verdict.fails else " (not named for it)"
    line = f"{number:>7}  {trial.verdict:<8}  {trial.defect.name:<32}  {trial.seconds:5.1f} s  {by}"
    print(line, file=say, flush=True)
    if trial.verdict is Verdict.SURVIVED:
        print(f"{'':9}{trial.defect.breaks}", file=say, flush=True)
    return trial


def _sum_up(trials: Sequence[Trial], say: TextIO) -> None:
    counts = Counter(trial.verdict for trial in trials)
    parts = ", ".join(f"{counts[verdict]} {verdict}" for verdict in Verdict if counts[verdict])
    print(f"{len(trials)} defects in {sum(t.seconds for t in trials):.0f} s: {parts}", file=say)


def _fails(trial: Trial) -> bool:
    required = os.environ.get(REQUIRED) == "1"
    return trial.verdict.fails or (required and trial.verdict is Verdict.UNTRIED)


def _as_json(trial: Trial) -> dict[str, object]:
    return {
        "name": trial.defect.name,
        "file": trial.defect.file,
        "breaks": trial.defect.breaks,
        "verdict": trial.verdict,
        "by": trial.by,
        "named": trial.named,
        "text": trial.text,
        "seconds": round(trial.seconds, 1),
    }


if __name__ == "__main__":
    sys.exit(main())
