"""When a watch was last notified, and when a channel was closed, wherever an operator looks."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from functions.domain.model import ChannelState, Heard
from infra.machine.console.overview import Overview
from infra.machine.installation import Installation, Site
from infra.machine.wiring import Place
from tests.machine.conftest import Folder, Run

MINUTE = timedelta(minutes=1)


def heard(covered: Folder) -> str:
    """Have the watch's channel heard seven minutes ago; gives the time as JSON has it."""
    at = covered.now - 7 * MINUTE
    covered.settle("ana", heard=(Heard(channel="c1", number=41, at=at),))
    return at.isoformat()


def test_status_tells_the_last_notification(run: Run, covered: Folder) -> None:
    """In the table, and by name in the JSON: of the watch and of its channel."""
    at = heard(covered)
    assert "7 min ago" in run("status").out
    row = json.loads(run("status", "--json").out)["watches"][0]
    assert row["heard_at"] == at
    assert (row["channels"][0]["heard_at"], row["channels"][0]["last_number"]) == (at, 41)
    assert "heard" not in row


def test_status_of_a_watch_that_heard_nothing(run: Run, covered: Folder) -> None:
    """There is no time to tell, and the key is there all the same."""
    assert json.loads(run("status", "--json").out)["watches"][0]["heard_at"] is None


def test_channels_tell_it_too(run: Run, covered: Folder) -> None:
    """`channels list` and `channels show` know what the progress knows, by either name."""
    at = heard(covered)
    assert json.loads(run("channels", "list", "--json").out)[0]["heard_at"] == at
    assert "7 min ago" in run("channels", "list").out.replace("\n", " ")
    for name in ("c1", "c"):
        shown = json.loads(run("channels", "show", name, "--json").out)
        assert (shown["heard_at"], shown["last_number"]) == (at, 41)


def test_console_ends_a_bar_where_the_channel_was_closed(covered: Folder) -> None:
    """Not at its expiration, nor where the next was confirmed; and it tells the notification."""
    heard(covered)
    closed_at = covered.now - 30 * MINUTE
    covered.open(
        "c0",
        "ana",
        state=ChannelState.CLOSED,
        opened_at=covered.now - 180 * MINUTE,
        closed_at=closed_at,
    )
    place = Place(store=f"sqlite:{covered.path / 'watchkeeper.db'}")
    overview = Overview(Installation(Site(place=place)))
    overview.read()
    (watch,) = overview.page(words="", state="", start=0, size=9)["watches"]
    assert watch["heard_at"] == covered.now - 7 * MINUTE
    assert watch["channels"][0]["ends_at"] == closed_at
    assert watch["marks"]["heard"][-1] == covered.now - 7 * MINUTE


def test_channels_fit_a_narrow_terminal(
    run: Run, covered: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The id is whole in 80 columns: one wants to copy it."""
    monkeypatch.setenv("COLUMNS", "80")
    heard(covered)
    covered.open("0123456789abcdef0123456789abcdef", "ana", last_number=1234)
    out = run("channels", "list").out
    assert "0123456789abcdef0123456789abcdef" in out
    assert "1234" in out
    assert "…" not in out
