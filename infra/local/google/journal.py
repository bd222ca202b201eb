"""What was called lately, and how often: the request log and its counts."""

from collections import Counter, deque
from collections.abc import Iterable

from infra.local.google.clock import rfc3339
from infra.local.google.shape import Json


class Journal:
    """The newest calls, bounded, and counts of all."""

    def __init__(self, size: int) -> None:
        self._calls: deque[tuple[float, str, str, int, str, str]] = deque(maxlen=size)
        self.counts: Counter[str] = Counter()

    def write(
        self, *, at: float, method: str, account: str, status: int, target: str, fault: str
    ) -> None:
        """Note a call that was answered (status 0: its answer was lost)."""
        self._calls.append((at, method, account, status, target, fault))
        self.counts[f"{method} {status}"] += 1

    def read(self) -> Iterable[Json]:
        """Tell the newest calls, oldest first."""
        for at, method, account, status, target, fault in list(self._calls):
            yield {
                "time": rfc3339(at),
                "method": method,
                "account": account,
                "status": status,
                "path": target,
                "fault": fault,
            }

    def clear(self) -> None:
        """Forget all calls and counts."""
        self._calls.clear()
        self.counts.clear()
