"""A journal that keeps its warnings for the test to read."""

from __future__ import annotations


class Notes:
    """What was worth a look, as it was said."""

    def __init__(self) -> None:
        self.warnings: list[dict[str, object]] = []

    def note(self, decision: str, /, **facts: object) -> None:
        """Pass over what is usual."""

    def warn(self, decision: str, /, **facts: object) -> None:
        """Keep a warning."""
        self.warnings.append({"decision": decision, **facts})
