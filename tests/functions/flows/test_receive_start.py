"""What `receive` loads: its cold start is part of whether Google's messages are lost."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent.parent

REQUEST = """
import json, sys
from tests.world.doorway import headers, opened
with opened() as doorway:
    status = doorway.post(headers()).status_code
print(json.dumps([status, sorted(sys.modules)]))
"""

ADAPTERS = """
import json, sys
import main, infra.key_file, infra.cloud.pubsub, functions.receive
print(json.dumps([204, sorted(sys.modules)]))
"""

HEAVY = ["google.cloud.firestore", "googleapiclient", "jsonschema", "yaml", "sqlite3", "click"]


def loaded(script: str) -> tuple[int, set[str]]:
    """Run a script in a fresh process; give the status it got and the modules it loaded."""
    run = subprocess.run(
        [sys.executable, "-c", script],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    status, modules = json.loads(run.stdout)
    return status, set(modules)


@pytest.fixture(scope="module")
def bare() -> set[str]:
    """Give what functions-framework loads (Flask loads click): nobody can leave that out."""
    script = "import json, sys, functions_framework\n"
    return loaded(script + "print(json.dumps([0, sorted(sys.modules)]))")[1]


@pytest.mark.parametrize("script", [REQUEST, ADAPTERS], ids=["a whole request", "its adapters"])
def test_receive_loads_no_more_than_it_needs(script: str, bare: set[str]) -> None:
    """Neither Firestore nor Google's API client, nor what reads declarations or command lines."""
    status, modules = loaded(script)
    assert status == 204
    assert [name for name in HEAVY if name in modules - bare] == []


def test_receive_loads_no_other_flow() -> None:
    """A whole request leaves store, planning and sources alone."""
    _, modules = loaded(REQUEST)
    ours = {name for name in modules if name.startswith(("functions.", "infra."))}
    assert "functions.receive" in ours
    others = {
        "functions.sync",
        "functions.renew",
        "functions.pulling.pull",
        "functions.sources.table",
    }
    assert ours & others == set()
