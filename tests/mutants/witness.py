"""Tells who started pytest what failed: a plugin that a trial loads by its name (`-p`)."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

WITNESS = "WATCHKEEPER_WITNESS"  # the file to write to: one JSON object a line


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Note a test that failed, or could not be set up."""
    if report.failed:
        _note(report, str(report.when))


def pytest_collectreport(report: pytest.CollectReport) -> None:
    """Note a file that cannot be read."""
    if report.failed:
        _note(report, "collect")


def _note(report: pytest.TestReport | pytest.CollectReport, phase: str) -> None:
    crash = getattr(report.longrepr, "reprcrash", None)
    text = str(crash.message) if crash else report.longreprtext.rstrip().rpartition("\n")[2]
    line = json.dumps({"test": report.nodeid, "phase": phase, "text": text})
    with Path(os.environ[WITNESS]).open("a", encoding="utf-8") as file:
        file.write(line + "\n")
