"""What was asked ahead answers the very same call, and no other."""

from __future__ import annotations

import pytest

from functions.domain.errors import Unavailable
from functions.domain.model import Watch
from functions.pulling.reader import Reader, Setback
from functions.sources.call import Answer, Call
from functions.sources.drive import DriveChanges
from tests.world.ahead import AtOnce
from tests.world.ports import START

WATCH = Watch(id="w", source="drive.changes", subject="ana@example.com")
FIRST = Call(api="drive", version="v3", method="changes.list", params={"pageToken": "1"})
SECOND = Call(api="drive", version="v3", method="changes.list", params={"pageToken": "2"})


class Counting(AtOnce):
    """The port `Google`: answers with the page asked for."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def call(self, call: Call, *, subject: str | None) -> Answer:
        assert subject == WATCH.subject
        self.asked.append(call.params["pageToken"])
        if call.params["pageToken"] == "":
            raise Unavailable("503")
        return Answer(body={"page": call.params["pageToken"]}, date=START)


def page_of(answer: Answer) -> str:
    """Read which page it is."""
    return str(answer.body["page"])


def test_it_answers_the_same_call_once() -> None:
    """The call is not made again, and what was taken is gone."""
    google = Counting()
    reader = Reader(watch=WATCH, source=DriveChanges(), google=google)
    reader.ask_ahead(FIRST)
    assert reader.ask(FIRST, page_of) == ("1", START)
    assert not reader.is_ahead
    assert reader.ask(FIRST, page_of) == ("1", START)
    assert google.asked == ["1", "1"]


def test_it_answers_no_other_call() -> None:
    """Whoever wants something else gets it, and what was asked ahead is let go."""
    google = Counting()
    reader = Reader(watch=WATCH, source=DriveChanges(), google=google)
    reader.ask_ahead(FIRST)
    assert reader.ask(SECOND, page_of) == ("2", START)
    assert not reader.is_ahead
    assert google.asked == ["1", "2"]


def test_its_failure_is_a_setback_like_any_other() -> None:
    """And is passed over if nobody wants the answer any more."""
    reader = Reader(watch=WATCH, source=DriveChanges(), google=Counting())
    nowhere = Call(api="drive", version="v3", method="changes.list", params={"pageToken": ""})
    reader.ask_ahead(nowhere)
    with pytest.raises(Setback):
        reader.ask(nowhere, page_of)
    reader.ask_ahead(nowhere)
    reader.let_go()
    assert not reader.is_ahead
