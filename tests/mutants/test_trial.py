"""A trial tells apart what a test noticed, what none did, and what proves nothing."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from tests.emulators import Emulator, EmulatorMissingError
from tests.mutants.__main__ import ALL_NOTICED, NOT_ALL, NOTHING_KNOWN, main
from tests.mutants.defect import Defect
from tests.mutants.tree import Ending, Tree
from tests.mutants.trial import Verdict, try_defect

Listed = Callable[..., Path]

PLANTED = Defect(
    name="planted",
    breaks="Somebody loses something.",
    file="functions/greeting.py",
    old="return 2",
    new="return 3",
    tests=("tests/test_count.py",),
)
UNNAMED = replace(PLANTED, old='"hello"', new='"go away"')
UNNOTICED = replace(PLANTED, old="sleep(0)", new="sleep(0.001)")


def test_the_quick_round_kills(tree: Tree) -> None:
    """What survives its own tests meets all others; it is said that they were not named for it."""
    before = tree.folder.joinpath(UNNAMED.file).read_bytes()
    trial = try_defect(UNNAMED, tree)
    assert (trial.verdict, trial.named) == (Verdict.KILLED, False)
    assert trial.by == "tests/test_greeting.py::test_greeting"
    assert "go away" in trial.text
    assert tree.folder.joinpath(UNNAMED.file).read_bytes() == before


def test_a_hang_has_its_own_name(tree: Tree) -> None:
    """A test that does not end has noticed the defect, but it is not called a failed assertion."""
    hanging = replace(PLANTED, old="sleep(0)", new="sleep(5)")
    trial = try_defect(hanging, replace(tree, each=0.3))
    assert (trial.verdict, trial.by) == (Verdict.HUNG, "tests/test_count.py::test_count")


def test_what_never_ends_is_ended(tree: Tree) -> None:
    """Tests that outlive their time altogether are ended with all they started."""
    with tree.planted(replace(PLANTED, old="import time", new="import time\ntime.sleep(9)")):
        run = tree.run(["tests/test_count.py"], within=0.8)
    assert run.ending is Ending.HUNG


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        ("return 2", "return two", "NameError"),
        ("import time", "import tim", "ModuleNotFoundError"),
        ("return 9", "return 3", "is not in"),
    ],
)
def test_what_does_not_run_is_no_kill(tree: Tree, old: str, new: str, why: str) -> None:
    """Code that fails in any test, or is not planted at all, proves nothing of the suite."""
    trial = try_defect(replace(PLANTED, old=old, new=new), tree)
    assert trial.verdict is Verdict.BROKEN
    assert why in trial.text


def test_a_test_that_fails_anyhow_is_no_kill(tree: Tree) -> None:
    """What fails in the quick round counts only if it passes without the defect."""
    always = "def test_always() -> None:\n    assert False\n"
    tree.folder.joinpath("tests/test_always.py").write_text(always)
    trial = try_defect(UNNOTICED, tree)
    assert (trial.verdict, trial.by) == (Verdict.BROKEN, "")
    assert "fails without the defect, too" in trial.text


def test_all_noticed(plot: Path, listed: Listed, capsys: pytest.CaptureFixture[str]) -> None:
    """With every defect killed the run succeeds, and says of each by which test."""
    asked = ["--defects", str(listed("return 2", "return 3")), "--json"]
    assert main(asked, root=plot) == ALL_NOTICED
    said = capsys.readouterr()
    [told] = json.loads(said.out)
    assert (told["verdict"], told["by"]) == ("killed", "tests/test_count.py::test_count")
    assert "1/1  killed    planted" in said.err
    assert plot.joinpath("functions/greeting.py").read_text().count("return 2") == 1


def test_a_survivor_fails_the_run(
    plot: Path, listed: Listed, capsys: pytest.CaptureFixture[str]
) -> None:
    """One survivor is enough for a failure, and what it would cost is said."""
    listed("return 2", "return 3", "killed")
    folder = listed("sleep(0)", "sleep(0.001)", "survivor")
    assert main(["--defects", str(folder)], root=plot) == NOT_ALL
    said = capsys.readouterr().out
    assert "survived  survivor" in said
    assert "Somebody loses something." in said
    assert "1 killed, 1 survived" in said


def test_what_cannot_be_planted_fails_the_run(
    plot: Path, listed: Listed, capsys: pytest.CaptureFixture[str]
) -> None:
    """A defect whose text is gone is as bad as a survivor."""
    assert main(["--defects", str(listed("return 7", "return 3"))], root=plot) == NOT_ALL
    assert "its old text is not in functions/greeting.py" in capsys.readouterr().out


def test_nothing_is_known_if_tests_fail_without_a_defect(
    plot: Path, listed: Listed, capsys: pytest.CaptureFixture[str]
) -> None:
    """In a broken environment every defect would seem to be killed: nothing is tried."""
    plot.joinpath("tests/test_count.py").write_text("import nothing_at_all\n")
    folder = listed("return 2", "return 3")
    assert main(["--defects", str(folder)], root=plot) == NOTHING_KNOWN
    assert "without any defect: broken tests/test_count.py" in capsys.readouterr().err


@pytest.mark.parametrize(("required", "status"), [("", ALL_NOTICED), ("1", NOT_ALL)])
def test_without_an_emulator_it_is_not_tried(
    plot: Path,
    listed: Listed,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    required: str,
    status: int,
) -> None:
    """What only tests on an emulator notice is left out aloud; where CI wants all, that fails."""

    def missing(_: Emulator) -> None:
        raise EmulatorMissingError("Firestore's emulator is missing")

    monkeypatch.setattr("tests.emulators.running", missing)
    monkeypatch.setenv("WATCHKEEPER_REQUIRE_EMULATORS", required)
    folder = listed("return 2", "return 3", more="emulator = true")
    assert main(["--defects", str(folder)], root=plot) == status
    said = capsys.readouterr()
    assert "untried   planted" in said.out
    assert "emulator is missing" in said.err


def test_an_unknown_name_is_said(listed: Listed, capsys: pytest.CaptureFixture[str]) -> None:
    """A name that chooses nothing is a slip of the pen, not success."""
    assert main(["--defects", str(listed("a", "b")), "plantd"]) == NOTHING_KNOWN
    assert "plantd: there is no defect of this name" in capsys.readouterr().err
