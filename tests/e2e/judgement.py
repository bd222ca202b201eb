"""Judges the events that were told: is every change among them, and is nothing told wrongly?

Of an item that changed several times between two pulls one event is enough. So what counts is that
the last event of every item tells its final state, that whatever is told again has its old id, and
that an item's story makes sense.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tests.e2e.bustle import File

Event = Mapping[str, Any]

# What a person would notice; `version` also rises by steps that cancel each other.
NOTICED = ("name", "trashed", "modifiedTime", "parents")


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """How many events there were."""

    lines: int
    distinct: int
    lost: int
    created_again: int  # told again in a later version: a crash came between telling and saving

    @property
    def repeated(self) -> int:
        """Lines that tell an event once more."""
        return self.lines - self.distinct


def tally(events: Sequence[Event], files: Mapping[str, File]) -> Tally:
    """Count."""
    distinct = {event["id"]: event for event in events}
    created = [e["subject"] for e in distinct.values() if e["data"].get("kind") == "file.created"]
    return Tally(
        lines=len(events),
        distinct=len(distinct),
        lost=len(list(untold(events, files))),
        created_again=len(created) - len(set(created)),
    )


def untold(events: Sequence[Event], files: Mapping[str, File]) -> Iterator[str]:
    """Name every file whose final state was not told last."""
    last = {event["subject"]: event for event in events if "subject" in event}
    for file in files.values():
        if not file.changes:
            continue
        event = last.get(file.id)
        if event is None:
            yield f"{file.id}: never told, {file.changes} changes"
        elif file.resource is None:
            if event["data"]["kind"] != "file.removed":
                yield f"{file.id}: removed, but told last was {event['data']['kind']}"
        elif _noticed(event["data"]["item"]) != _noticed(file.resource):
            yield f"{file.id}: is {_noticed(file.resource)}, told last was {event['data']}"


def faults(events: Sequence[Event], files: Mapping[str, File]) -> Iterator[str]:
    """Name everything that was told wrongly."""
    first: dict[str, Event] = {}
    ids: defaultdict[tuple[Any, ...], set[str]] = defaultdict(set)
    stories: defaultdict[str, list[Event]] = defaultdict(list)
    for event in events:
        if event["id"] in first:
            if event != first[event["id"]]:
                yield f"one id, two events: {event} {first[event['id']]}"
            continue
        first[event["id"]] = event
        item, kind = event.get("subject"), event["data"].get("kind")
        version = event["data"].get("item", {}).get("version")
        ids[event["watch"], kind, item, version].add(event["id"])
        if item is not None:
            stories[item].append(event)
    yield from (f"told under {len(of)} ids: {what}" for what, of in ids.items() if len(of) > 1)
    for item, story in stories.items():
        file = files.get(item)
        yield from [f"{item}: unknown"] if file is None else _faults_of(file, story)


def _faults_of(file: File, story: Sequence[Event]) -> Iterator[str]:
    kinds = [event["data"]["kind"] for event in story]
    if "file.removed" in kinds[:-1]:
        yield f"{file.id}: told on after its removal: {kinds}"
    if file.is_old and "file.created" in kinds:
        yield f"{file.id}: older than its watch, yet created: {kinds}"
    # One that was first found in the trash, or gone, was never told as created.
    if not file.is_old and kinds[0] not in {"file.created", "file.trashed", "file.removed"}:
        yield f"{file.id}: new, but told first was {kinds[0]}"
    if any(event["account"] != file.account for event in story):
        yield f"{file.id}: told for another account"
    versions = [int(e["data"]["item"]["version"]) for e in story if "version" in e["data"]["item"]]
    if versions != sorted(versions):
        yield f"{file.id}: told backwards: {versions}"


def _noticed(resource: Mapping[str, Any]) -> dict[str, Any]:
    return {key: resource.get(key) for key in NOTICED}
