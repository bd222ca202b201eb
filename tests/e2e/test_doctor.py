"""`doctor --canary` on a machine that really serves."""

from __future__ import annotations

import json
from collections.abc import Callable

from tests.e2e.machine import Machine, drive
from tests.e2e.processes import finish
from tests.e2e.simulated import Simulated

Figures = Callable[[str], None]


def test_a_canary_comes_back(machine: Machine, google: Simulated, figures: Figures) -> None:
    """All checks are well, the canary's event arrives, and its file is gone again."""
    machine.declare(drive("ana-drive", "ana@example.com"))
    machine.serve()
    machine.confirmed("ana-drive")
    command = ("doctor", "--canary", "--json", "--patience", "20s", "--google", google.url)
    ended = finish(*command, folder=machine.folder, within=60)
    findings = json.loads(ended.out)
    assert ended.status == 0, findings
    canary = findings[-1]
    assert (canary["check"], canary["result"]) == ("canary", "ok")
    assert google.calls("drive.files.delete")
    figures(canary["text"])


def test_a_canary_does_not_come_back(machine: Machine, google: Simulated) -> None:
    """Where nothing serves the canary says so, and its file is gone all the same."""
    machine.declare(drive("ana-drive", "ana@example.com"))
    program = machine.serve()
    machine.confirmed("ana-drive")
    program.end()
    command = ("doctor", "--canary", "--json", "--patience", "1s", "--google", google.url)
    ended = finish(*command, folder=machine.folder, within=60)
    canary = json.loads(ended.out)[-1]
    assert ended.status == 1
    assert (canary["check"], canary["result"]) == ("canary", "failed")
    assert google.calls("drive.files.delete")
