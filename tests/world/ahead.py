"""What is asked ahead is asked at once here, and kept until somebody waits for it."""

from __future__ import annotations

from collections.abc import Callable

from functions.domain.errors import Trouble
from functions.sources.call import Answer, Call


class AtOnce:
    """The half of the port `Google` that asks ahead, for those that have no threads."""

    def call(self, call: Call, *, subject: str | None) -> Answer:
        """Ask now; the other half of the port."""
        raise NotImplementedError

    def ahead(self, call: Call, *, subject: str | None) -> Callable[[], Answer]:
        """Ask now, tell later."""
        try:
            answer = self.call(call, subject=subject)
        except Trouble as trouble:
            return _Refused(trouble)
        return lambda: answer


class _Refused:
    def __init__(self, trouble: Trouble) -> None:
        self._trouble = trouble

    def __call__(self) -> Answer:
        raise self._trouble
