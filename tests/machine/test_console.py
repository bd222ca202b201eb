"""The console's answers: to this machine and to who has the key alone, under a strict policy."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from infra.machine.console.serving import Served
from infra.machine.installation import Installation, Site
from infra.machine.wiring import Place
from tests.machine.crowd import fill, tell


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """Serve a console of 60 watches."""
    folder: Path = tmp_path_factory.mktemp("console")
    fill(folder / "w.db", 60)
    tell(folder / "changes.jsonl", 3)
    site = Site(place=Place(store=f"sqlite:{folder / 'w.db'}"))
    plays = {"make-a-file": lambda _: "made"}
    changes = folder / "changes.jsonl"
    served = Served(Installation(site), port=0, changes=changes, plays=plays)
    served.start()
    yield served
    served.stop()


def test_every_answer_has_the_policy(served: Served) -> None:
    """Page, files and data come with a policy that lets nothing in from elsewhere."""
    for path in ("", "console.css", "console.js", "timeline.js", "icon.svg", "api/watches"):
        answer = requests.get(served.url + path, timeout=5)
        assert answer.status_code == 200, path
        policy = answer.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert "*" not in policy


def test_only_who_has_the_key(served: Served) -> None:
    """Without the key, or under another host's name, there is nothing."""
    root = served.url.rsplit("/", 2)[0]
    for path in ("/", "/x/", "/x/api/watches"):
        assert requests.get(root + path, timeout=5).status_code == 404
    elsewhere = requests.get(served.url, headers={"Host": "evil.example.com"}, timeout=5)
    assert elsewhere.status_code == 404


def test_pages_and_filters(served: Served) -> None:
    """A page has its part of what matches; nonsense in the question is no error."""
    ask = served.url + "api/watches"
    page = requests.get(ask, params={"start": "25", "size": "25"}, timeout=5).json()
    assert (page["total"], page["found"], len(page["watches"])) == (60, 60, 25)
    found = requests.get(ask, params={"q": "USER00042 drive"}, timeout=5).json()
    assert [one["id"] for one in found["watches"]] == ["watch-00042"]
    odd = {"start": "-1", "size": "9" * 30, "state": "nonsense", "q": "a" * 9999}
    assert requests.get(ask, params=odd, timeout=5).json()["watches"] == []


def test_changes_after_a_number(served: Served) -> None:
    """Only what the page has not is given."""
    from tests.e2e.patience import eventually

    def last() -> int:
        number: int = requests.get(served.url + "api/changes", timeout=5).json()["last"]
        return number

    eventually("three changes", lambda: last() == 3)
    found = requests.get(served.url + "api/changes?after=2", timeout=5).json()["changes"]
    assert [one["name"] for one in found] == ["Quarterly report 2.pdf"]


def test_only_plays_are_posted(served: Served) -> None:
    """Nothing is changed by a POST but what may be played."""
    assert requests.post(served.url + "api/play/make-a-file", timeout=5).json() == {"said": "made"}
    assert requests.post(served.url + "api/play/other", timeout=5).status_code == 404
    assert requests.post(served.url + "api/watches", timeout=5).status_code == 405
    assert requests.get(served.url + "api/watches", timeout=5).json()["plays"] == ["make-a-file"]
