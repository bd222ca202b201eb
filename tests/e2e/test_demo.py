"""`python main.py demo` shows the whole loop, and its status says whether all arrived."""

from __future__ import annotations

import re
import signal
from pathlib import Path

import requests

from tests.e2e.patience import eventually
from tests.e2e.processes import Program, finish

STEPS = (
    "opened for ana@example.com's Drive",
    "confirmed: its sync message came and its token verified",
    "file.created  arrived as event",
    "file.updated  arrived as event",
    "file.trashed  arrived as event",
    "file.removed  arrived as event",
    "renewed: channels",
    "the watch was removed: all",
    "serve ended cleanly",
    "All of it arrived.",
)


def test_the_demo_tells_every_step_and_ends_well(tmp_path: Path) -> None:
    """Each step is told in order; nothing is left in the folder it was started in."""
    ended = finish("demo", folder=tmp_path, within=50)
    assert ended.status == 0, ended.out + ended.err
    places = [ended.out.find(step) for step in STEPS]
    assert -1 not in places, ended.out
    assert places == sorted(places)
    assert ended.err == ""
    assert list(tmp_path.iterdir()) == []


def test_the_demo_stays_up_to_be_looked_at(tmp_path: Path) -> None:
    """With --keep its page stays, and what its buttons do arrives there as an event."""
    program = Program("demo", "--keep", "--for", "60s", folder=tmp_path)
    try:
        program.says("it stays up", within=50)
        page = re.findall(r"look at it: (\S+)", program.out)[0]
        assert requests.post(f"{page}api/play/make-a-file", timeout=5).ok
        events = f"{page}api/changes"
        eventually("the file", lambda: "note 1.txt" in requests.get(events, timeout=5).text)
        program.send(signal.SIGINT)
        assert program.wait(within=30) == 0, program.out
    finally:
        program.put_down()
