"""Holds a call against Google's discovery document: its method, parameters, body and scopes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from functions.sources.call import Call
from tests.local.google.discovery import document, methods

NAMES = {
    ("drive", "v3"): "drive",
    ("calendar", "v3"): "calendar",
    ("admin", "directory_v1"): "directory",
    ("admin", "reports_v1"): "reports",
    ("gmail", "v1"): "gmail",
}
KINDS: Mapping[str, Any] = {
    "string": str,
    "boolean": bool,
    "integer": int,
    "number": (int, float),
    "object": dict,
    "array": (list, tuple),
}


def judge(call: Call) -> None:
    """Fail if Google's document does not allow the call."""
    api = NAMES[call.api, call.version]
    known = methods(api)
    where = f"{api}.{call.method}"
    # Both Admin APIs call their one common method by another name.
    method = known.get(where) or known.get(f"admin.{call.method}")
    assert method is not None, f"{api} has no {call.method}"
    given = {name: value for name, value in call.params.items() if value is not None}
    described = {**document(api)["parameters"], **method.get("parameters", {})}
    required = {name for name, each in described.items() if each.get("required")}
    assert required <= given.keys(), f"{where} wants {required}"
    for name, value in given.items():
        assert name in described, f"{where} has no parameter {name}"
        _parameter(described[name], value, f"{where}({name})")
    _scopes(method, call, where)
    if "request" in method:
        _fits(document(api), method["request"], dict(call.body or {}), where)
    else:
        assert call.body is None, f"{where} takes no body"


def _parameter(described: Mapping[str, Any], value: Any, where: str) -> None:
    values = value if described.get("repeated") and not isinstance(value, str) else [value]
    for each in values:
        kind = described["type"]
        assert isinstance(each, KINDS[kind]), f"{where} is {each!r}"
        assert isinstance(each, bool) == (kind == "boolean"), f"{where} is {each!r}"
        if "enum" in described:
            assert each in described["enum"], f"{where} is none of {described['enum']}"
        if "pattern" in described:
            assert re.fullmatch(described["pattern"], each), f"{where} is {each!r}"
        if "minimum" in described:
            assert each >= int(described["minimum"]), f"{where} is {each}"
        if "maximum" in described:
            assert each <= int(described["maximum"]), f"{where} is {each}"


def _scopes(method: Mapping[str, Any], call: Call, where: str) -> None:
    accepted = method.get("scopes")
    if accepted:
        assert set(call.scopes) & set(accepted), f"{where} accepts none of {call.scopes}"


def _fits(api: Mapping[str, Any], schema: Mapping[str, Any], value: Any, where: str) -> None:
    schema = api["schemas"][schema["$ref"]] if "$ref" in schema else schema
    assert isinstance(value, KINDS[schema["type"]]), f"{where} is {value!r}"
    if schema["type"] == "object":
        properties = schema.get("properties", {})
        for name, each in value.items():
            assert name in properties, f"{where} has no {name}"
            _fits(api, properties[name], each, f"{where}.{name}")
    elif schema["type"] == "array":
        for each in value:
            _fits(api, schema["items"], each, where)
    if "enum" in schema:
        assert value in schema["enum"], f"{where} is none of {schema['enum']}"
    if schema.get("format") == "int64":
        assert re.fullmatch("[0-9]+", value), f"{where} is {value!r}"
