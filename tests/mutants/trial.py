"""Tries a planted defect: does the suite notice it, and which test?

The tests named for it go first; only what survives them meets the whole quick round.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from tests.mutants.defect import Defect, NotPlanted
from tests.mutants.tree import Ending, Run, Tree

NAMED_WITHIN = 120.0
QUICK_WITHIN = 900.0
# Not the tests of the defects themselves: they notice every one, as its old text is gone.
QUICK_ROUND = (
    "-m",
    "not emulator and not soak",
    *(f"--ignore=tests/{folder}" for folder in ("mutants", "terraform", "e2e")),
)


class Verdict(StrEnum):
    """What became of a defect."""

    KILLED = "killed"
    HUNG = "hung"  # noticed, too: a test that does not end says so
    SURVIVED = "survived"
    BROKEN = "broken"  # nothing was learnt: the text is gone, or the tests do not run
    UNTRIED = "untried"  # its tests need an emulator, and there is none

    @property
    def fails(self) -> bool:
        """Whether somebody has to do something about it."""
        return self in {Verdict.SURVIVED, Verdict.BROKEN}


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """One defect and what became of it."""

    defect: Defect
    verdict: Verdict
    by: str = ""  # the test that noticed it
    text: str = ""
    named: bool = True  # whether that is one of those named for it
    seconds: float = 0.0


def try_defect(defect: Defect, tree: Tree, *, named_only: bool = False) -> Trial:
    """Plant a defect and see whether a test notices it."""
    try:
        with tree.planted(defect):
            run = tree.run(defect.tests, within=NAMED_WITHIN)
            if run.ending is not Ending.PASSED or named_only:
                return _tried(defect, run)
            wide = tree.run(QUICK_ROUND, within=QUICK_WITHIN)
    except NotPlanted as fault:
        return Trial(defect=defect, verdict=Verdict.BROKEN, text=str(fault))
    seconds = run.seconds + wide.seconds
    if wide.test and tree.run([wide.test], within=NAMED_WITHIN).ending is not Ending.PASSED:
        wide = Run(ending=Ending.BROKEN, text=f"{wide.test} fails without the defect, too")
    return _tried(defect, wide, named=False, seconds=seconds)


def sound(defects: Sequence[Defect], tree: Tree) -> Run:
    """Run all tests that the defects name in a copy without any defect: they have to pass."""
    named = sorted({test for defect in defects for test in defect.tests})
    return tree.run(named, within=QUICK_WITHIN)


def _tried(defect: Defect, run: Run, *, named: bool = True, seconds: float | None = None) -> Trial:
    verdicts = {
        Ending.PASSED: Verdict.SURVIVED,
        Ending.FAILED: Verdict.KILLED,
        Ending.HUNG: Verdict.HUNG,
        Ending.BROKEN: Verdict.BROKEN,
    }
    return Trial(
        defect=defect,
        verdict=verdicts[run.ending],
        by=run.test,
        text=run.text,
        named=named,
        seconds=run.seconds if seconds is None else seconds,
    )
