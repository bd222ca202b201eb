"""Work side by side on a few threads, all of which have ended when the work has."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

from functions.ports import Journal
from infra.failure import describe
from infra.hand import Hand

T = TypeVar("T")


class ThreadCrew:
    """The port `Crew`: at most `size` items at once, taken from their source as hands get free.

    No thread outlives `each`: a function's processor is only promised while a request runs.
    https://cloud.google.com/run/docs/configuring/billing-settings
    """

    def __init__(self, size: int, journal: Journal) -> None:
        if size < 1:
            raise ValueError("a crew needs at least one hand")
        self._size = size
        self._journal = journal

    def each(self, work: Callable[[T], None], items: Iterable[T]) -> None:
        """Run `work` on each item.

        Raises:
            whatever the source of the items raised, once the items it had given are done.
        """
        source = _Source(items)

        def take() -> None:
            for item in source:
                self._attempt(work, item)

        hands = [Hand(take, name="crew") for _ in range(self._size)]
        for hand in hands:
            hand.join()
        for hand in hands:
            hand.wait()

    def _attempt(self, work: Callable[[T], None], item: T) -> None:
        try:
            work(item)
        except Exception as failure:  # noqa: BLE001 - an item's failure stops no other
            self._journal.warn("item_failed", **describe(failure))


class _Source(Iterator[T]):
    """An iterator that several threads may ask; after a failure or its end it gives no more."""

    def __init__(self, items: Iterable[T]) -> None:
        self._items = iter(items)
        self._lock = threading.Lock()
        self._ended = False

    def __next__(self) -> T:
        with self._lock:
            if self._ended:
                raise StopIteration
            try:
                return next(self._items)
            except BaseException:
                self._ended = True
                raise
