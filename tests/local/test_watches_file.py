"""The watches file: what says "none", and what was merely cut off."""

from __future__ import annotations

from pathlib import Path

import pytest

from functions.domain.errors import Misconfigured
from infra.local.watches_file import read_watches


def test_an_empty_list_says_none(tmp_path: Path) -> None:
    """`watches: []` is how one says that nothing is to be watched."""
    path = tmp_path / "watches.yaml"
    path.write_text("watches: []\n")
    assert read_watches(path).documents == {}


@pytest.mark.parametrize("text", ["", "# none\n", "{}\n", "watches:\n", "watches: {}\n", "[]\n"])
def test_a_file_that_was_cut_off_says_nothing(tmp_path: Path, text: str) -> None:
    """Empty, without the key, or without its list: wrong, so that nothing is stopped by it."""
    path = tmp_path / "watches.yaml"
    path.write_text(text)
    with pytest.raises(Misconfigured, match="watches"):
        read_watches(path)
