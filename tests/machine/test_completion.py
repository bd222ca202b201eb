"""A shell completes commands, options and sources."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from tests.e2e.processes import MAIN

COMMAND = Path(MAIN).parent / "bin" / "watchkeeper"


@pytest.mark.parametrize(
    ("typed", "completed"),
    [("wa", "watch"), ("watch pa", "pause"), ("status --js", "--json"), ("init --source gm", "gm")],
)
def test_completed(typed: str, completed: str) -> None:
    """What was begun is completed."""
    words = f"watchkeeper {typed}"
    environment = {
        **os.environ,
        "_WATCHKEEPER_COMPLETE": "bash_complete",
        "COMP_WORDS": words,
        "COMP_CWORD": str(len(words.split()) - 1),
    }
    if not (COMMAND.parents[1] / ".venv").exists():
        pytest.skip("bin/watchkeeper wants .venv: make setup")
    done = subprocess.run(
        [COMMAND], env=environment, capture_output=True, text=True, timeout=20, check=True
    )
    assert f"plain,{completed}" in done.stdout
