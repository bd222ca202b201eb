"""The list of planted defects does not rot: each can be planted, and names tests that exist."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.mutants.defect import Defect, NotPlanted, choose, read_defects
from tests.mutants.tree import ROOT

EVERY = read_defects()
FILE = "functions/greeting.py"
TEXT = "GREETING = 'hello'\n"
ENTRY = f"""
[[defect]]
name = "rude"
breaks = "Nobody is greeted."
file = "{FILE}"
old = "hello"
new = "go away"
tests = ["tests/test_greeting.py"]
"""


def _rude(*, old: str = "hello", new: str = "go away", file: str = FILE) -> Defect:
    return Defect(name="rude", breaks="x", file=file, old=old, new=new, tests=("t",))


def _written(folder: Path, text: str) -> Path:
    folder.joinpath("some.toml").write_text(text, encoding="utf-8")
    return folder


@pytest.mark.parametrize("defect", EVERY, ids=[defect.name for defect in EVERY])
def test_each_can_be_planted(defect: Defect) -> None:
    """The text it replaces is there once, what comes of it is other Python, its tests are there."""
    defect.plant(ROOT.joinpath(defect.file).read_text(encoding="utf-8"))
    assert [
        name for name in defect.tests if not ROOT.joinpath(name.partition("::")[0]).exists()
    ] == []


def test_there_are_many_of_every_kind() -> None:
    """Decisions, the stores of one machine and those of the cloud are all on the list."""
    places = ("functions/", "infra/local/", "infra/cloud/")
    counts = {place: sum(each.file.startswith(place) for each in EVERY) for place in places}
    assert len(EVERY) >= 100
    assert min(counts.values()) >= 10, counts


def test_a_defect_is_planted() -> None:
    """Its new text takes the place of its old one, and what belongs to it goes along."""
    assert _rude().plant(TEXT) == "GREETING = 'go away'\n"
    twofold = Defect(
        name="n", breaks="x", file=FILE, old="hello", new="x", also=(("GR", "GR_"),), tests=("t",)
    )
    assert twofold.plant(TEXT) == "GR_EETING = 'x'\n"


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        ("good day", "x", "is not in functions/greeting.py"),
        ("l", "x", "is 2 times in functions/greeting.py"),
        ("'hello'", "'", "no Python"),
        ("'hello'", "('hello')", "means the same"),
    ],
)
def test_what_cannot_be_planted_is_an_error(old: str, new: str, why: str) -> None:
    """A text that is gone or not alone, no Python, or no change at all proves nothing."""
    with pytest.raises(NotPlanted, match=why):
        _rude(old=old, new=new).plant(TEXT)


def test_the_list_is_read(tmp_path: Path) -> None:
    """An entry of a file is a defect."""
    [defect] = read_defects(_written(tmp_path, ENTRY))
    assert (defect.name, defect.tests, defect.also) == ("rude", ("tests/test_greeting.py",), ())


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (ENTRY + ENTRY, "rude: is there twice"),
        (ENTRY.replace("new =", "knew ="), "'rude'.*knew"),
        (ENTRY.replace('["tests/test_greeting.py"]', "[]"), "lacks tests"),
        (ENTRY.replace("Nobody is greeted.", ""), "lacks breaks"),
        (ENTRY.replace("functions/", "tests/"), "not the product's"),
    ],
)
def test_a_malformed_list_is_an_error(tmp_path: Path, text: str, why: str) -> None:
    """Whatever is wrong with the list is said, with the name of the defect."""
    with pytest.raises(NotPlanted, match=why):
        read_defects(_written(tmp_path, text))


def test_defects_are_chosen_by_name() -> None:
    """Names choose, also by `*`; none chooses all, and one that fits nothing is an error."""
    rude, polite = _rude(), Defect(name="polite", breaks="", file="", old="", new="", tests=())
    assert choose([rude, polite], ["pol*"]) == [polite]
    assert choose([rude, polite], []) == [rude, polite]
    with pytest.raises(NotPlanted, match="rud: there is no defect"):
        choose([rude, polite], ["rud"])
