"""Asks Google on behalf of a watch and reads the answer; whatever is in the way is a `Setback`."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeVar

from functions.domain import errors
from functions.domain.change import Found, State
from functions.domain.model import Verdict, Watch
from functions.ports import Google
from functions.sources.call import Answer, Call
from functions.sources.source import Source

T = TypeVar("T")


class Setback(Exception):
    """Google refused or failed: `trouble` says how. The pull goes on another time."""

    def __init__(self, trouble: errors.Trouble) -> None:
        """Keep what was in the way."""
        super().__init__(trouble.text)
        self.trouble = trouble

    @property
    def is_not_found(self) -> bool:
        """Whether Google knows no such thing."""
        trouble = self.trouble
        return isinstance(trouble, errors.Refused) and trouble.verdict is Verdict.NOT_FOUND

    @property
    def is_about_page(self) -> bool:
        """Whether a call that named a page was refused for that: pages are forgotten in time."""
        trouble = self.trouble
        invalid = isinstance(trouble, errors.Refused) and trouble.verdict is Verdict.INVALID
        return invalid or isinstance(trouble, errors.CursorExpired)


@dataclass(slots=True, kw_only=True)
class Reader:
    """Reads for one watch; `began` is the time of Google's clock at the first answer."""

    watch: Watch
    source: Source
    google: Google
    began: datetime | None = None
    _ahead: tuple[Call, Callable[[], Answer]] | None = field(default=None, init=False)

    def ask(self, call: Call, read: Callable[[Answer], T]) -> tuple[T, datetime]:
        """Give what `read` makes of the answer, and its date."""
        try:
            answer = self._answer(call)
            self.began = self.began or answer.date
            return read(answer), answer.date
        except errors.Trouble as trouble:
            raise Setback(trouble) from None

    def ask_ahead(self, call: Call) -> None:
        """Begin the call that will be wanted next, while what is there is gone through."""
        self.let_go()
        self._ahead = call, self.google.ahead(call, subject=self.watch.subject)

    @property
    def is_ahead(self) -> bool:
        """Whether a call was begun whose answer nobody has taken yet."""
        return self._ahead is not None

    def let_go(self) -> None:
        """Wait for an answer that nobody wants any more: no call outlives the turn it was for."""
        ahead, self._ahead = self._ahead, None
        if ahead is not None:
            with suppress(errors.Trouble):
                ahead[1]()

    def get(self, key: str) -> Found:
        """Give one item as it is now; one that Google does not know is gone."""
        noun, _, item = key.partition(":")
        params = self.watch.params
        try:
            found, _ = self.ask(
                self.source.get(params, item=item),
                lambda answer: self.source.read_get(params, answer, item=item),
            )
        except Setback as setback:
            if not setback.is_not_found or self.source.profile.get_is_container:
                raise
            return self.gone(noun, item)
        return found

    def gone(self, noun: str, item: str) -> Found:
        """Give an item as gone, without any word of Google's about it."""
        removed = f"{noun}.removed" in self.source.profile.kinds
        verb = "removed" if removed else "deleted"
        resource = {"id": item, verb: True}
        return Found(noun=noun, item=item, state=State.GONE, resource=resource, gone_verb=verb)

    def _answer(self, call: Call) -> Answer:
        if self._ahead is None or self._ahead[0] != call:
            self.let_go()
            return self.google.call(call, subject=self.watch.subject)
        wait, self._ahead = self._ahead[1], None
        return wait()
