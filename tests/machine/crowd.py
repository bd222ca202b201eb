"""Fills a store with a system for the console to show: calm, with a gap, or of 10,000 watches."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

from functions.declared.declaration import identity, read_watch
from functions.domain.change import fingerprint
from functions.domain.fields import to_fields
from functions.domain.model import Channel, ChannelState, Progress, Verdict
from infra.local.sqlite_rows import to_number, to_text
from infra.local.sqlite_store import SqliteStore

HOUR = timedelta(hours=1)
SOURCES = ("drive.changes", "calendar.events", "calendar.acl")


def fill(path: Path, count: int, *, gap: bool = False) -> None:
    """Write `count` watches with two generations of channels each."""
    store = SqliteStore(path)
    now = datetime.now(UTC)
    documents = {f"watch-{n:05}": _document(n) for n in range(count)}
    store.declare(documents, revision="r1")
    with store._file.writing() as file:
        for number, (name, document) in enumerate(documents.items()):
            progress, channels = _case(name, document, number, now, gap=gap and number < 2)
            file.execute(
                "INSERT INTO progress VALUES (?, ?, ?, NULL, ?)",
                (name, name, to_number(progress.due_at), to_text(to_fields(progress))),
            )
            for one in channels:
                file.execute(
                    "INSERT INTO channels VALUES (?, ?, ?, NULL, ?)",
                    (one.id, name, str(one.state), to_text(to_fields(one))),
                )
    store.close()


def tell(path: Path, count: int) -> None:
    """Write change events as `serve --changes` does."""
    now = datetime.now(UTC)
    events = [
        {
            "id": f"e{n}",
            "type": f"watchkeeper.drive.changes.file.{('created', 'updated', 'trashed')[n % 3]}",
            "watch": f"watch-{n % 7:05}",
            "subject": f"F{n}",
            "time": (now - timedelta(seconds=count - n)).isoformat(),
            "data": {"item": {"name": f"Quarterly report {n}.pdf"}},
        }
        for n in range(count)
    ]
    path.write_text("".join(json.dumps(event) + "\n" for event in events))


def _document(number: int) -> dict[str, object]:
    source = SOURCES[number % len(SOURCES)]
    return {"source": source, "subject": f"user{number:05}@example.com"}


def _case(
    name: str, document: dict[str, object], number: int, now: datetime, *, gap: bool
) -> tuple[Progress, list[Channel]]:
    watch = read_watch({"id": name, **document})
    age = timedelta(minutes=number % 600)
    starts = (now - 20 * HOUR - age, now - 8 * HOUR - age)
    if gap:
        starts = (now - 26 * HOUR, now - 3 * HOUR)
    channels = [
        Channel(
            id=f"{number:08x}-{turn}",
            watch=name,
            source=watch.source,
            subject=watch.subject,
            state=ChannelState.LIVE if turn else ChannelState.CLOSED,
            opened_at=start,
            asked_until=start + 24 * HOUR,
            expiration=start + (24 if turn else 20 if gap else 24) * HOUR,
            confirmed_at=start + timedelta(seconds=2),
            key_id="k1",
            address="https://hooks.example.com/receive",
            resource_id="R",
            last_number=number % 90 + 1,
        )
        for turn, start in enumerate(starts)
    ]
    lost = gap and number == 1
    parked = number % 1000 == 999
    progress = Progress(
        watch=name,
        short=name,
        identity=identity(watch),
        declared=fingerprint(document),
        source=watch.source,
        subject=watch.subject,
        cursor="1",
        baseline_at=now - 48 * HOUR,
        pulled_at=now - timedelta(seconds=number % 3000),
        began_at=now - timedelta(seconds=number % 3000),
        due_at=now + timedelta(seconds=number % 3600),
        first_confirmed_at=starts[0],
        accounted_at=now,
        covered_until=now - HOUR if lost else channels[-1].expiration,
        uncovered_seconds=10800.0 if gap else 0.0,
        verdict=Verdict.UNAUTHORIZED if parked else Verdict.OK,
        reason="no token: invalid_grant: the account is gone or its consent has ended"
        if parked
        else "",
        open_reason="a channel was opened but no message of it came: can Google reach the address?"
        if lost
        else "",
    )
    if lost:
        channels = channels[:1]
    return progress, channels
