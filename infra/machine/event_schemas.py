"""Writes the JSON Schemas of change events, one file a source (`make tables`).

They say what every event of a source has; the item itself is the API's own resource, whose fields
Google may add to at any time. https://json-schema.org/draft/2020-12
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from functions.sources.source import Profile
from functions.sources.table import SOURCES

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "schemas"
_ATTRIBUTES: Mapping[str, Mapping[str, Any]] = {
    "specversion": {"const": "1.0"},
    "id": {"type": "string", "pattern": "^[0-9a-f]{32}$"},
    "source": {"type": "string", "pattern": "^/watches/."},
    "type": {"type": "string"},
    "subject": {"type": "string", "minLength": 1},
    "time": {"type": "string", "format": "date-time", "pattern": "Z$"},
    "datacontenttype": {"const": "application/json"},
    "watch": {"type": "string", "minLength": 1},
    "account": {"type": "string", "minLength": 1},
    "replay": {"type": "string", "minLength": 1},
    "data": {"type": "object"},
}
_NEEDED = ("specversion", "id", "source", "type", "time", "datacontenttype", "watch", "data")


def schemas() -> dict[str, dict[str, Any]]:
    """Give all schemas by the names of their files."""
    found = {f"{name}.json": _of_source(source.profile) for name, source in SOURCES.items()}
    return {**found, "watch.json": _of_trouble(), "handler.json": _of_handler()}


def text_of(schema: Mapping[str, Any]) -> str:
    """Give a schema as its file has it."""
    return json.dumps(schema, indent=2) + "\n"


def _of_source(profile: Profile) -> dict[str, Any]:
    data = {
        "type": "object",
        "properties": {
            "kind": {"enum": list(profile.kinds)},
            "item": {"type": "object", "description": "The API's own resource, or its removal."},
            "seen_before": {"type": "boolean"},
            "truncated": {"const": True, "description": "The item was too large to be sent."},
        },
        "required": ["kind", "item"],
        "additionalProperties": False,
    }
    types = [f"watchkeeper.{profile.name}.{kind}" for kind in profile.kinds]
    subject = ("account",) if profile.needs_subject else ()
    return _event(f"A change of {profile.name}", types, data, needed=("subject", *subject))


def _of_trouble() -> dict[str, Any]:
    kinds = [f"watchkeeper.watch.{kind}" for kind in ("parked", "resumed", "resynced")]
    data = {
        "type": "object",
        "properties": {
            "verdict": {"type": "string"},
            "was": {"type": "string"},
            "reason": {"type": "string"},
            "retry_at": {"type": ["string", "null"], "format": "date-time"},
        },
    }
    return _event("Trouble of a watch that its owner must know", kinds, data)


def _of_handler() -> dict[str, Any]:
    data = {
        "type": "object",
        "properties": {
            "handler": {"type": "string"},
            "url": {"type": "string"},
            "reason": {"type": "string"},
        },
        "required": ["handler", "reason"],
    }
    return _event("A handler has stopped", ["watchkeeper.handler.stopped"], data)


def _event(
    title: str, types: Iterable[str], data: Mapping[str, Any], *, needed: tuple[str, ...] = ()
) -> dict[str, Any]:
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": title,
        "type": "object",
        "properties": {**_ATTRIBUTES, "type": {"enum": list(types)}, "data": data},
        "required": [*_NEEDED, *needed],
        "additionalProperties": False,
    }


if __name__ == "__main__":
    FOLDER.mkdir(parents=True, exist_ok=True)
    for _name, _schema in schemas().items():
        (FOLDER / _name).write_text(text_of(_schema))
