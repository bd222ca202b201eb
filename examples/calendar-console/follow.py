"""Says in a terminal what happens in a calendar: reads change events, one JSON object a line."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

WORDS = {"event.created": "new", "event.updated": "changed", "event.deleted": "gone"}


def sentences(lines: Iterable[str]) -> Iterator[str]:
    """Give a sentence for each change; one that comes twice is told once, by its id."""
    seen: set[str] = set()
    for line in lines:
        event = json.loads(line)
        if event["id"] in seen:
            continue
        seen.add(event["id"])
        kind = event["data"].get("kind")
        if kind in WORDS:
            yield sentence(WORDS[kind], event["data"]["item"])
        else:
            yield f"{event['type']}: {json.dumps(event['data'])}"


def sentence(word: str, item: Mapping[str, Any]) -> str:
    """Say what happened to an event of the calendar; of a deleted one little is left."""
    start = item.get("start", {})
    when = start.get("dateTime") or start.get("date") or ""
    return f"{word:8} {when:20} {item.get('summary', item['id'])}".rstrip()


if __name__ == "__main__":
    for text in sentences(sys.stdin):
        print(text, flush=True)
