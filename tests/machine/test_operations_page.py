"""docs/operations.md names every alert of the deployment, and every state of `status`."""

from __future__ import annotations

import re
from pathlib import Path

from infra.machine.console.overview import ORDER

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "operations.md").read_text()


def test_every_alert_has_its_cure() -> None:
    """No alert wakes anybody who then finds nothing about it."""
    titles = re.findall(r'\btitle = "([^"$]+)', (ROOT / "terraform/monitoring.tf").read_text())
    assert len(titles) >= 5
    assert [title for title in titles if f"| {title.removesuffix(' for ')} |" not in PAGE] == []


def test_every_state_is_explained() -> None:
    """Whatever `status` says is in the table."""
    assert [state for state in ORDER if f"`{state}`" not in PAGE] == []
