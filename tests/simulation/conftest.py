"""What the simulated worlds have added up to, told at the end of a round."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest


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
