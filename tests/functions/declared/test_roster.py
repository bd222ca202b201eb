"""The roll of a domain is called to its end, or it does not count."""

from __future__ import annotations

from typing import Any

from functions.declared.roster import MOST_PAGES, Roster
from functions.domain.model import Watch
from functions.sources.call import Answer, Call
from tests.world.ports import START, Notebook

WATCH = Watch(id="all", source="drive.changes", subject="*@example.com", admin="admin@example.com")


class Pages:
    """The port `Google`: so many pages of one user each."""

    def __init__(self, pages: int) -> None:
        """Keep how many there are."""
        self._pages = pages
        self.calls = 0

    def call(self, call: Call, *, subject: str | None) -> Answer:
        """Give the next page."""
        assert (call.method, subject) == ("users.list", WATCH.admin)
        self.calls += 1
        body: dict[str, Any] = {"users": [{"primaryEmail": f"u{self.calls}@example.com"}]}
        if self.calls < self._pages:
            body["nextPageToken"] = str(self.calls)
        return Answer(body=body, date=START)


def called(pages: int) -> tuple[Roster, list[str] | None, Notebook]:
    """Call the roll of a domain with so many pages."""
    google: Any = Pages(pages)
    notes = Notebook()
    roster = Roster(google, notes)
    return roster, roster.members(WATCH), notes


def test_last_page_counts() -> None:
    """As many pages as are read at most are a whole list."""
    roster, members, _ = called(MOST_PAGES)
    assert len(members or ()) == MOST_PAGES
    assert roster.unlisted == {}


def test_list_without_an_end_is_none() -> None:
    """One page more is too much: nothing changes, and it is told why."""
    roster, members, notes = called(MOST_PAGES + 1)
    assert members is None
    assert roster.unlisted == {"all": f"more than {MOST_PAGES} pages"}
    assert [decision for decision, _ in notes.warnings] == ["domain not listed"]
