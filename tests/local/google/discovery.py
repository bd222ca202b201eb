"""Google's own discovery documents as a judge of the simulated answers."""

import json
import re
from functools import cache
from importlib.resources import files
from typing import Any

DOCUMENTS = {
    "drive": "drive.v3",
    "calendar": "calendar.v3",
    "directory": "admin.directory_v1",
    "reports": "admin.reports_v1",
    "gmail": "gmail.v1",
}


@cache
def document(api: str) -> dict[str, Any]:
    """Read the document that comes with the client library."""
    folder = files("googleapiclient.discovery_cache") / "documents"
    found: dict[str, Any] = json.loads((folder / f"{DOCUMENTS[api]}.json").read_text())
    return found


@cache
def methods(api: str) -> dict[str, dict[str, Any]]:
    """Find all methods of an API, in resources within resources, by their ids."""
    found: dict[str, dict[str, Any]] = {}

    def collect(part: dict[str, Any]) -> None:
        for method in part.get("methods", {}).values():
            found[method["id"]] = method
        for resource in part.get("resources", {}).values():
            collect(resource)

    collect(document(api))
    return found


def full_path(api: str, method: str) -> str:
    """Tell a method's path on the server, its parameters in braces."""
    described = methods(api)[method]
    path: str = described.get("flatPath") or described["path"]
    return f"/{document(api)['servicePath']}{path}"


def method_of(verb: str, path: str) -> tuple[str, str]:
    """Find API and method id of a request; AssertionError if Google has no such method."""
    for api in DOCUMENTS:
        for method, described in methods(api).items():
            pattern = re.sub(r"\{[^}]*\}", "[^/]+", full_path(api, method))
            if described["httpMethod"] == verb and re.fullmatch(pattern, path):
                return api, method
    raise AssertionError(f"Google has no {verb} {path}")


def check_answer(api: str, method: str, answer: object) -> None:
    """Hold an answer against the schema of the method's response, keys and types, recursively."""
    response = methods(api)[method].get("response")
    if response is None:
        assert answer in ("", b"", None), f"{method} answers nothing, not {answer!r}"
        return
    _check(document(api), response, answer, method)


def _check(api: dict[str, Any], schema: dict[str, Any], value: object, where: str) -> None:
    if "$ref" in schema:
        schema = api["schemas"][schema["$ref"]]
    kind = schema.get("type", "any")
    if kind == "object":
        assert isinstance(value, dict), f"{where} is no object"
        for key, each in value.items():
            inner = schema.get("properties", {}).get(key) or schema.get("additionalProperties")
            assert inner is not None, f"{where} has no key {key}"
            _check(api, inner, each, f"{where}.{key}")
    elif kind == "array":
        assert isinstance(value, list), f"{where} is no array"
        for each in value:
            _check(api, schema["items"], each, f"{where}[]")
    elif kind != "any":
        _check_plain(schema, value, where)


def _check_plain(schema: dict[str, Any], value: object, where: str) -> None:
    types: dict[str, tuple[type, ...]] = {
        "string": (str,),
        "boolean": (bool,),
        "integer": (int,),
        "number": (int, float),
    }
    assert isinstance(value, types[schema["type"]]), f"{where} is {value!r}"
    assert isinstance(value, bool) == (schema["type"] == "boolean"), f"{where} is {value!r}"
    if schema.get("format") in {"int64", "uint64"}:
        assert re.fullmatch(r"-?[0-9]+", str(value)), f"{where} is {value!r}"
    if schema.get("format") == "date-time":
        assert re.fullmatch(
            r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)", str(value)
        ), where
