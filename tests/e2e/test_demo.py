"""`python main.py demo` shows the whole loop, and its status says whether all arrived."""

from __future__ import annotations

from pathlib import Path

from tests.e2e.processes import finish

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
