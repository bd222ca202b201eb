"""Fixtures for the tests of planted defects: a tree as small as can be."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.mutants.tree import Tree

PRODUCT = """
import time

GREETING = "hello"


def greeting() -> str:
    return GREETING


def count() -> int:
    return 2


def pause() -> None:
    time.sleep(0)
"""
NAMED = """
from functions.greeting import count, pause


def test_count() -> None:
    pause()
    assert count() == 2
"""
WIDE = """
from functions.greeting import greeting


def test_greeting() -> None:
    assert greeting() == "hello"
"""
SETTINGS = "[tool.pytest.ini_options]\ntestpaths = ['tests']\nmarkers = ['emulator', 'soak']\n"


@pytest.fixture
def plot(tmp_path: Path) -> Path:
    """Give a whole project: one module, a test named for its defects, and one that is not."""
    files = {
        "functions/greeting.py": PRODUCT,
        "tests/test_count.py": NAMED,
        "tests/test_greeting.py": WIDE,
        "pyproject.toml": SETTINGS,
        "tests/__init__.py": "",
    }
    for name, text in files.items():
        path = tmp_path / "plot" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    witness = Path(__file__).with_name("witness.py")
    tmp_path.joinpath("plot/tests/mutants").mkdir()
    shutil.copy(witness, tmp_path / "plot/tests/mutants/witness.py")
    return tmp_path / "plot"


@pytest.fixture
def tree(plot: Path) -> Tree:
    """Give the project as a tree in which defects are planted."""
    return Tree(plot, {})


@pytest.fixture
def listed(tmp_path: Path) -> Callable[..., Path]:
    """Give what writes a list of one defect of that project."""

    def write(old: str, new: str, name: str = "planted", *, more: str = "") -> Path:
        folder = tmp_path / "defects"
        folder.mkdir(exist_ok=True)
        text = f"""
[[defect]]
name = "{name}"
breaks = "Somebody loses something."
file = "functions/greeting.py"
old = '{old}'
new = '{new}'
tests = ["tests/test_count.py"]
{more}
"""
        folder.joinpath(f"{name}.toml").write_text(text, encoding="utf-8")
        return folder

    return write
