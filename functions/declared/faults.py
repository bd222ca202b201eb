"""Puts what is wrong with a declaration into words: where, what, and what is allowed."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError
from jsonschema.validators import extend

_TYPES: Final[Mapping[str, str]] = {
    "string": "a text",
    "object": "a map of keys and values",
    "array": "a list",
    "boolean": "true or false",
    "integer": "a whole number",
}
_LIMITS: Final[Mapping[str, str]] = {
    "minLength": "is too short: {limit} or more characters",
    "maxLength": "is too long: {limit} or fewer characters",
    "minItems": "is too short: {limit} or more entries",
    "maxItems": "is too long: {limit} or fewer entries",
    "minimum": "is too small: {limit} or more",
    "minProperties": "says nothing: exactly one of {keys}",
    "maxProperties": "says too much: exactly one of {keys}",
}


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong: where (keys and positions from the document's root) and what."""

    path: tuple[str | int, ...]
    text: str

    def __str__(self) -> str:
        """Give the fault with its path, as people write paths."""
        place = "".join(f"[{p}]" if isinstance(p, int) else f".{p}" for p in self.path)
        return f"{place.lstrip('.')}: {self.text}" if place else self.text


class Faults:
    """Holds values against schemas; `words` says in words what a pattern means."""

    def __init__(self, words: Mapping[str, str]) -> None:
        self._words = words

    def __call__(self, value: object, schema: Mapping[str, Any]) -> Iterator[Fault]:
        """Name every fault, in the order of their places."""
        errors = _Validator(schema).iter_errors(value)
        in_order = sorted(errors, key=lambda error: list(map(str, error.path)))
        yield from dict.fromkeys(fault for error in in_order for fault in self._faults(error))

    def _faults(self, error: ValidationError) -> Iterator[Fault]:
        path = tuple(error.path)
        schema: Any = error.schema
        instance: Any = error.instance
        if error.validator == "additionalProperties":
            allowed = ", ".join(schema["properties"]) or "none"
            unknown = [key for key in instance if key not in schema["properties"]]
            for key in unknown:
                yield Fault(path, f"unknown key {_shown(key)}; allowed: {allowed}")
        elif error.validator == "required":
            missing = [key for key in schema["required"] if key not in instance]
            yield from (Fault((*path, key), "is missing") for key in missing)
        else:
            yield Fault(path, f"{_shown(instance)} {self._wrong(error)}")

    def _wrong(self, error: ValidationError) -> str:
        limit: Any = error.validator_value
        schema: Any = error.schema
        rule = str(error.validator)
        if rule == "enum":
            return f"is not one of: {', '.join(map(str, limit))}"
        if rule == "pattern":
            return f"is not {self._words.get(limit, f'a text like {limit}')}"
        if rule == "type":
            return f"is not {_kind(schema)}"
        if rule == "anyOf":
            kinds = (self._words.get(each.get("pattern", "")) or _kind(each) for each in limit)
            return f"is not {' or '.join(kinds)}"
        keys = ", ".join(schema.get("properties", ()))
        return _LIMITS.get(rule, f"breaks the rule {rule}").format(limit=limit, keys=keys)


def _kind(schema: Mapping[str, Any]) -> str:
    """Say in words which values a schema allows."""
    types = schema["type"]
    if types == "array" and "items" in schema:
        return f"{'a non-empty' if schema.get('minItems') else 'a'} list of texts"
    if types == "string" and schema.get("minLength"):
        return "a non-empty text"
    words = [_TYPES[each] for each in ([types] if isinstance(types, str) else types)]
    least = f" of {schema['minimum']} or more" if "minimum" in schema else ""
    return " or ".join(words) + least


def _shown(value: object) -> str:
    return repr(value)[:80]


def _pattern(_: Any, pattern: str, value: object, __: object) -> Iterator[ValidationError]:
    """As JSON Schema has it: `$` is the end of the text, where Python lets a line break follow.

    https://json-schema.org/understanding-json-schema/reference/regular_expressions
    """
    whole = f"{pattern[:-1]}\\Z" if pattern.endswith("$") else pattern
    if isinstance(value, str) and not re.search(whole, value):
        yield ValidationError(f"does not match {pattern}")


_Validator = extend(Draft202012Validator, {"pattern": _pattern})  # type: ignore[no-untyped-call]
