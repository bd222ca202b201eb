"""What the simulated Google can be told to be like, at its start or while it runs."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any


@dataclass(slots=True, kw_only=True)
class Options:
    """All settings that are not faults; each may be changed at any time through `/sim/options`."""

    seed: int = 0
    # No channel lives longer than so many seconds, whatever was asked (none: Google's maxima).
    max_life: float | None = None
    # First wait before a refused message is sent again, doubled each time up to `retry_longest`.
    retry_first: float = 1.0
    retry_longest: float = 64.0
    retry_attempts: int = 20
    delivery_timeout: float = 30.0
    delivery_workers: int = 8
    respect_robots: bool = False
    # Messages of one channel that may wait at a time; more of them are merged into those that wait.
    pending_limit: int = 100
    request_log: int = 10_000
    # Life of Calendar's sync tokens in seconds (none: they last), and where Gmail's pushes go.
    sync_token_life: float | None = None
    gmail_push_url: str | None = None
    pubsub_url: str | None = None  # of an emulator; then pushes are published there instead
    gmail_interval: float = 0.0  # Gmail itself drops what comes within a second of the last

    def change(self, values: Mapping[str, Any]) -> None:
        """Set several options at once; ValueError names one that does not exist."""
        unknown = set(values) - {field.name for field in fields(self)}
        if unknown:
            msg = f"no such option: {', '.join(sorted(unknown))}"
            raise ValueError(msg)
        for name, value in values.items():
            setattr(self, name, value)
