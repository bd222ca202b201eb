"""What the simulated worlds have added up to, told at the end of a round."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

SOAK = "WATCHKEEPER_SOAK"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Leave out the long runs unless they are asked for."""
    if os.environ.get(SOAK) == "1":
        return
    for item in items:
        if item.get_closest_marker("soak"):
            item.add_marker(pytest.mark.skip(reason=f"a long run: `make soak` or {SOAK}=1"))


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Add up the figures of all tests."""
    total: Counter[str] = Counter()
    for reports in terminalreporter.stats.values():
        for report in reports:
            for name, value in getattr(report, "user_properties", ()):
                if name == "simulated" and report.when == "call":
                    for figure in str(value).split(", "):
                        number, _, what = figure.partition(" ")
                        total[what] += int(number)
    if total:
        terminalreporter.section("simulated")
        terminalreporter.line(", ".join(f"{number:,} {what}" for what, number in total.items()))


@pytest.fixture
def simulated(record_property: Callable[[str, object], None]) -> Callable[[str], None]:
    """Note what was simulated, for the summary."""
    return lambda text: record_property("simulated", text)
