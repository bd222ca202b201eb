"""The real time: the only place that reads the machine's clock for the flows."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta


class SystemClock:
    """The port `Clock` on this machine."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def sleep(self, length: timedelta) -> None:
        time.sleep(max(0.0, length.total_seconds()))
