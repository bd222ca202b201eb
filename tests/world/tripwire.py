"""Counts every call of every port, and does at a chosen one what a test wants: crash, or worse."""

from __future__ import annotations

from collections.abc import Callable
from fnmatch import fnmatchcase
from functools import wraps
from typing import Any, TypeVar

T = TypeVar("T")
Act = Callable[[], object]


class Crash(BaseException):
    """The process is gone: nothing of ours may catch it."""


def crash() -> None:
    """Die here."""
    raise Crash


class Tripwire:
    """All calls of the guarded ports, as `port.method`, in order."""

    def __init__(self) -> None:
        self.calls: list[str] = []
        self._numbered: dict[int, Act] = {}
        self._named: list[tuple[str, bool, Act]] = []

    def at(self, number: int, act: Act = crash) -> None:
        """Do something before the n-th call from now on (0 is the next one)."""
        self._numbered[len(self.calls) + number] = act

    def before(self, name: str, act: Act = crash) -> None:
        """Do something, once, before the next call whose name fits the glob."""
        self._named.append((name, False, act))

    def after(self, name: str, act: Act = crash) -> None:
        """Do something, once, when that call has had its effect but not yet returned."""
        self._named.append((name, True, act))

    def clear(self) -> None:
        """Forget what was to be done."""
        self._numbered.clear()
        self._named.clear()

    def count(self, name: str) -> int:
        """Tell how many calls had a name that fits the glob."""
        return sum(fnmatchcase(each, name) for each in self.calls)

    def guard(self, name: str, port: T) -> T:
        """Give the port with its calls counted."""
        guarded: Any = _Guarded(self, name, port)
        return guarded  # type: ignore[no-any-return]

    def call(self, name: str, method: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        """Make a call, and do what is to be done before and after it."""
        number = len(self.calls)
        self.calls.append(name)
        self._numbered.pop(number, _nothing)()
        self._act(name, late=False)
        result = method(*args, **kwargs)
        self._act(name, late=True)
        return result

    def _act(self, name: str, *, late: bool) -> None:
        for entry in self._named:
            if entry[1] is late and fnmatchcase(name, entry[0]):
                self._named.remove(entry)
                entry[2]()
                return


class _Guarded:
    def __init__(self, wire: Tripwire, name: str, port: object) -> None:
        self._wire, self._name, self._port = wire, name, port

    def __getattr__(self, method: str) -> Any:
        value = getattr(self._port, method)
        if not callable(value):
            return value

        @wraps(value)
        def call(*args: Any, **kwargs: Any) -> Any:
            return self._wire.call(f"{self._name}.{method}", value, *args, **kwargs)

        return call


def _nothing() -> None:
    """Do nothing."""
