"""Writes the rules for declared watches as terraform/ reads them: `make terraform-schema`.

One source of truth: `functions.declared.declaration` and the profiles of the sources. A keyword
of JSON Schema that Terraform's side does not know is an error here, not a rule silently lost.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from functions.declared.declaration import HANDLERS, SCHEMA, SHORTEST_POLL
from functions.domain.duration import LONGEST, parse_duration
from functions.handlers.drive_file import READ_CONTENT
from functions.sources.directory import USERS
from functions.sources.table import SOURCES

FILE = Path(__file__).parents[2] / "terraform" / "watches.json"
PLAIN = {"type", "pattern", "enum", "minLength", "maxLength", "minimum"}
STRUCTURE = {"items", "minItems", "maxItems", "anyOf"}
OBJECT = {"type", "properties", "required", "additionalProperties"}
UNITS = ("ms", "s", "m", "h", "d", "w")


def rules() -> dict[str, Any]:
    """Give all rules."""
    properties: Mapping[str, Any] = SCHEMA["properties"]
    return {
        "watch": {key: rule(each) for key, each in properties.items() if key not in NESTED},
        "nested": sorted(NESTED),
        "handlers": {name: handler(each) for name, each in HANDLERS.items()},
        "sources": {
            name: {
                "params": {key: rule(each) for key, each in source.profile.params.items()},
                "required": list(source.profile.required),
                "one_of": list(source.profile.one_of),
                "needs_subject": source.profile.needs_subject,
                "scopes": list(source.profile.scopes),
            }
            for name, source in SOURCES.items()
        },
        "scopes": {"domain": [USERS], "download": [READ_CONTENT]},
        "durations": {
            "units": {unit: parse_duration(f"1{unit}").total_seconds() for unit in UNITS},
            "longest": LONGEST.total_seconds(),
            "shortest_poll": parse_duration(SHORTEST_POLL).total_seconds(),
        },
    }


NESTED = {"params", "handle"}


def handler(schema: Mapping[str, Any]) -> dict[str, Any]:
    """Give the rules of one handler: a value, or keys of their own."""
    if schema.get("type") != "object":
        return {"keys": {}, "required": [], "value": rule(schema)}
    _known(schema, OBJECT)
    keys = {key: rule(each) for key, each in schema["properties"].items()}
    return {"keys": keys, "required": list(schema["required"]), "value": None}


def rule(schema: Mapping[str, Any]) -> dict[str, Any]:
    """Give the rule for one value; what it says of texts also holds for the texts of a list."""
    made: dict[str, Any] = {"types": [], "pattern": None, "enum": None, "least": 0, "most": None}
    made |= {"minimum": None, "fewest": 0}
    for each in schema.get("anyOf", [schema]):
        _known(each, PLAIN | STRUCTURE)
        types = each.get("type", ["string"] if "enum" in each else [])
        made["types"] += [types] if isinstance(types, str) else types
        text = each.get("items", each)
        made["pattern"] = text.get("pattern", made["pattern"])
        made["enum"] = text.get("enum", made["enum"])
        made["least"] = max(made["least"], text.get("minLength", 0))
        made["most"] = text.get("maxLength", made["most"])
        made["minimum"] = each.get("minimum", made["minimum"])
        made["fewest"] = each.get("minItems", made["fewest"])
    return made


def _known(schema: Mapping[str, Any], keywords: set[str]) -> None:
    if unknown := set(schema) - keywords:
        raise AssertionError(f"terraform/watches.tf knows no rule for {sorted(unknown)}")


if __name__ == "__main__":
    FILE.write_text(json.dumps(rules(), indent=2, sort_keys=True) + "\n")
