"""docs/commands.md is true: each transcript is executed, in order, in one new folder."""

from __future__ import annotations

import doctest
import json
import re
import shlex
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from functions.domain.handled import Handled, Outcome, pack_body
from infra.local.queue.delivery import Message
from infra.local.queue.file import QueueFile
from infra.local.queues import CHANGES
from infra.local.sqlite_queue import SqliteQueue
from infra.local.sqlite_store import SqliteStore
from infra.machine.commands.table import OPERATING
from infra.machine.handle_route import HANDLE, POLICY
from tests.machine.conftest import Run

PAGE = Path(__file__).resolve().parents[2] / "docs" / "commands.md"
KEPT = timedelta(days=7)
PRIVATE = "127.0.0.1 is or resolves to a private address"
STATUS = re.compile(r"\[status (\d+)\]")


def transcripts(text: str) -> Iterator[tuple[str, str, int]]:
    """Give command, what it says and its exit status."""
    for block in re.findall(r"```console\n(.*?)```", text, re.DOTALL):
        for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            command, _, said = part.partition("\n")
            found = STATUS.search(said)
            yield command, STATUS.sub("", said).rstrip("\n"), int(found[1]) if found else 0


def give_up(folder: Path) -> None:
    """Have two changes been told and given up, as the page says before it shows them."""
    store = SqliteStore(folder / "watchkeeper.db")
    queue = SqliteQueue(QueueFile(folder / "watchkeeper.queue.db"), kept={CHANGES: KEPT})
    queue.subscribe(HANDLE, topic=CHANGES, policy=POLICY)
    letters = {"3f6c0a917be2": (1, PRIVATE), "8d215c44e0f1": (100, "the receiver answers 500")}
    for number, (key, (attempts, detail)) in enumerate(letters.items()):
        event = {"specversion": "1.0", "id": f"e{number + 1}", "type": "t", "watch": "ana"}
        body = json.dumps({**event, "source": "/watches/ana"}, separators=(",", ":")).encode()
        attributes = {"ce-id": event["id"], "ce-watch": "ana"}
        queue.publish(CHANGES, [Message(key="ana", data=body, attributes=attributes)])
        letter = Handled(
            key=key,
            watch="ana",
            handler="forward-5d41402a",
            outcome=Outcome.DEAD,
            at=datetime(2026, 3, 1, 12, 0, 5 * number, tzinfo=UTC),
            event=event["id"],
            detail=detail,
            attempts=attempts,
            body=pack_body(body),
        )
        store.note_outcome(letter)
    store.close()


def test_each_transcript(run: Run, tmp_path: Path) -> None:
    """What the page shows is what a new user sees."""
    given_up = False
    told = list(transcripts(PAGE.read_text()))
    assert len(told) > 25
    for command, said, status in told:
        python, main, *arguments = shlex.split(command)
        assert (python, main) == ("python", "main.py")
        if arguments[0] == "dead-letters" and not given_up:
            give_up(tmp_path)
            given_up = True
        ended = run(*arguments)
        got = (ended.out + ended.err).rstrip("\n")
        fits = doctest.OutputChecker().check_output(said + "\n", got + "\n", doctest.ELLIPSIS)
        assert fits, f"{command}\n--- the page\n{said}\n--- really\n{got}"
        assert ended.status == status, f"{command}: {ended.status}\n{got}"


def test_each_command_is_told() -> None:
    """No command of the table is left out of the documents."""
    pages = "".join(path.read_text() for path in PAGE.parent.glob("*.md"))
    assert [one.name for one in OPERATING if f"main.py {one.name}" not in pages] == []
