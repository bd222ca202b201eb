"""`plan` says what would be opened, replaced and stopped, and `apply` has it declared."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import timedelta

from functions.domain.model import ChannelState
from tests.machine.conftest import Folder, Run

ANA = {"id": "ana", "source": "drive.changes", "subject": "ana@example.com"}
BOB = {"id": "bob", "source": "drive.changes", "subject": "bob@example.com"}


def write(folder: Folder, *watches: Mapping[str, object]) -> None:
    """Change the file alone; the store keeps what it had."""
    (folder.path / "watches.yaml").write_text(json.dumps({"watches": watches}))


def acts(run: Run, *more: str) -> list[tuple[str, str]]:
    """Give watch and act of each step of the plan."""
    ended = run("plan", "--json", *more)
    assert ended.status == 0, ended.err
    return [(step["watch"], step["act"]) for step in json.loads(ended.out)["steps"]]


def test_nothing_to_do(run: Run, covered: Folder) -> None:
    """A covered watch wants nothing, and the plan says so."""
    ended = run("plan")
    assert (ended.status, ended.out) == (0, "1 watch declared, nothing to do.\n")


def test_plan_of_new_and_removed(run: Run, covered: Folder) -> None:
    """What is new starts with its baseline; what is gone has its channel stopped."""
    write(covered, BOB)
    assert acts(run) == [("bob", "start"), ("ana", "remove"), ("ana", "stop")]


def test_plan_of_an_edit(run: Run, covered: Folder) -> None:
    """Other params are another start: the channel of the old ones goes."""
    write(covered, {**ANA, "params": {"driveId": "0A"}})
    assert acts(run) == [("ana", "restart"), ("ana", "stop")]


def test_plan_of_a_pause(run: Run, covered: Folder) -> None:
    """A pause stops the channel."""
    write(covered, {**ANA, "paused": True})
    assert acts(run) == [("ana", "pause"), ("ana", "stop")]


def test_plan_of_another_address(run: Run, covered: Folder) -> None:
    """A channel of another address covers nothing: it is replaced at once."""
    assert acts(run, "--address", "https://new.example.com/receive") == [
        ("ana", "stop"),
        ("ana", "replace"),
    ]


def test_plan_of_a_renewal(run: Run, covered: Folder) -> None:
    """A channel past half its life is to be replaced, and stays meanwhile."""
    later = covered.now - timedelta(hours=20)
    covered.open("c1", "ana", opened_at=later, expiration=covered.now + timedelta(hours=4))
    assert acts(run) == [("ana", "replace")]


def test_plan_changes_nothing(run: Run, covered: Folder) -> None:
    """A plan only looks: progress, channels and declarations are as before."""
    before = (covered.store.progress("ana"), covered.store.channels("ana"))
    write(covered, BOB)
    acts(run)
    assert (covered.store.progress("ana"), covered.store.channels("ana")) == before
    assert covered.store.revision() == "r1"


def test_plan_of_a_wrong_file(run: Run, covered: Folder) -> None:
    """A wrong declaration is refused with its line, and status 2."""
    write(covered, {"id": "ana", "source": "drive.chnges"})
    ended = run("plan")
    assert ended.status == 2
    assert "line 1" in ended.err
    assert "drive.changes" in ended.err


def test_plan_without_a_store(run: Run) -> None:
    """Without a store the next step is named, and none is made."""
    ended = run("plan")
    assert ended.status == 2
    assert "start `python main.py serve` first" in ended.err


def test_apply_declares_the_file(run: Run, covered: Folder) -> None:
    """After an apply the store declares what the file says, under a new revision."""
    write(covered, BOB)
    ended = run("apply", "--json")
    assert json.loads(ended.out) == {"written": ["bob"], "removed": ["ana"]}
    assert dict(covered.store.declarations()) == {"bob": {k: BOB[k] for k in ("source", "subject")}}
    assert covered.store.revision() not in {None, "r1"}


def test_apply_says_what_it_sets_off(run: Run, covered: Folder) -> None:
    """Also of an apply that writes nothing: everything is compared and pulled all the same."""
    said = run("apply").out
    assert "0 watches written, 0 removed in sqlite:watchkeeper.db: nothing differs." in said
    assert "every watch is pulled at once, parked ones and those in a back-off" in said
    assert "channels stay open" in said


def test_apply_again_tries_parked_watches(run: Run, covered: Folder) -> None:
    """An apply that changes nothing still is a new revision."""
    assert json.loads(run("apply", "--json").out) == {"written": [], "removed": []}
    assert covered.store.revision() != "r1"


def test_closed_channels_do_not_count(run: Run, covered: Folder) -> None:
    """A watch whose only channel is closed gets another."""
    covered.open("c1", "ana", state=ChannelState.CLOSED)
    assert acts(run) == [("ana", "open")]
