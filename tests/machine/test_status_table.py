"""`status` shows what is left of the coverage, and for how long something has been due."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from functions.domain.model import Heard
from tests.machine.conftest import Folder, Run


def test_coverage_and_lag(run: Run, covered: Folder) -> None:
    """Half a granted life is half a bar; what is due for a minute lags by a minute."""
    due = covered.now - timedelta(minutes=1)
    until = covered.now + timedelta(hours=12, minutes=5)
    covered.settle("ana", due_at=due, covered_until=until, granted_seconds=86400.0)
    ended = run("status")
    assert ended.status == 0
    assert "████░░░░ 12 h" in ended.out
    row = json.loads(run("status", "--json").out)["watches"][0]
    assert 60 <= row["lag_seconds"] < 90


def test_nothing_covers(run: Run, covered: Folder) -> None:
    """Without coverage there is no bar, and the status is not well."""
    covered.settle("ana", covered_until=covered.now - timedelta(minutes=1))
    ended = run("status")
    assert ended.status == 1
    assert "█" not in ended.out


def test_a_narrow_terminal(run: Run, covered: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    """In 80 columns nothing is cut: whose a watch is stands beneath it, noughts are left out."""
    monkeypatch.setenv("COLUMNS", "80")
    at = covered.now - timedelta(minutes=7)
    covered.settle("ana", heard=(Heard(channel="c1", number=4, at=at),), granted_seconds=86400.0)
    covered.open("0123456789abcdef0123456789abcdef", "ana")
    out = run("status").out
    assert "…" not in out
    for text in ("drive.changes", "ana@example.com", "covered", "7 min ago", "5 min ago", "████"):
        assert text in out
    assert max(map(len, out.splitlines())) <= 80
    assert "lag" not in out
    assert "0123456789abcdef0123456789abcdef" in out
