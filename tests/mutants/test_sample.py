"""A few defects are tried in every round, so that list and runner work when they are needed."""

from __future__ import annotations

import pytest

from tests.mutants.defect import choose, read_defects
from tests.mutants.tree import Tree
from tests.mutants.trial import Verdict, try_defect

# Cheap ones, of different places; all of them: `make mutants`.
SAMPLE = (
    "stop-before-confirm",
    "key-signs-at-once",
    "name-as-given",
)


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Tree:
    """Give a copy of the whole tree."""
    return Tree.copy(tmp_path_factory.mktemp("sample") / "tree")


@pytest.mark.parametrize("name", SAMPLE)
def test_it_is_noticed(name: str, tree: Tree) -> None:
    """The tests that are named for it fail when it is planted."""
    [defect] = choose(read_defects(), [name])
    trial = try_defect(defect, tree, named_only=True)
    assert trial.verdict is Verdict.KILLED, f"{trial.verdict} {trial.text}"
