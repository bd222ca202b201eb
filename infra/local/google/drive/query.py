"""Reads `q`, the search terms of Drive's files.list, into a test of files.

https://developers.google.com/workspace/drive/api/guides/ref-search-terms
"""

import operator
import re
from collections.abc import Callable

from infra.local.google.clock import parse_rfc3339
from infra.local.google.drive.file import File
from infra.local.google.errors import GoogleError

Test = Callable[[File], bool]
_TOKEN = re.compile(r"\s*(?:'((?:[^'\\]|\\.)*)'|(<=|>=|!=|[=<>()])|([A-Za-z]+))")
_COMPARE: dict[str, Callable[[float, float], bool]] = {
    "=": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


def parse(text: str) -> Test:
    """Read search terms; GoogleError if they are none or none that are simulated."""
    if not text.strip():
        return lambda _: True
    try:
        parser = _Parser(text)
        test = parser.any()
        parser.end()
    except (ValueError, IndexError, KeyError) as error:
        raise GoogleError("invalid", "Invalid Value", parameter="q") from error
    return test


class _Parser:
    def __init__(self, text: str) -> None:
        self._tokens: list[tuple[str, str]] = []
        at, text = 0, text.rstrip()
        while at < len(text):
            match = _TOKEN.match(text, at)
            if not match:
                raise ValueError(text)
            value, sign, word = match.groups()
            if value is not None:
                self._tokens.append(("value", re.sub(r"\\(.)", r"\1", value)))
            else:
                self._tokens.append(("word", sign or word))
            at = match.end()
        self._at = 0

    def any(self) -> Test:
        tests = [self._all()]
        while self._take("or"):
            tests.append(self._all())
        return lambda file: any(test(file) for test in tests)

    def end(self) -> None:
        if self._at != len(self._tokens):
            raise ValueError(self._tokens[self._at])

    def _all(self) -> Test:
        tests = [self._one()]
        while self._take("and"):
            tests.append(self._one())
        return lambda file: all(test(file) for test in tests)

    def _one(self) -> Test:
        if self._take("not"):
            test = self._one()
            return lambda file: not test(file)
        if self._take("("):
            test = self.any()
            if not self._take(")"):
                raise ValueError("a parenthesis is missing")
            return test
        kind, left = self._next()
        _, sign = self._next()
        right_kind, right = self._next()
        if kind == "value":
            return _membership(left, sign, right)
        return _comparison(left, sign, right, quoted=right_kind == "value")

    def _take(self, word: str) -> bool:
        found = self._at < len(self._tokens) and self._tokens[self._at] == ("word", word)
        self._at += found
        return found

    def _next(self) -> tuple[str, str]:
        self._at += 1
        return self._tokens[self._at - 1]


def _membership(value: str, sign: str, field: str) -> Test:
    if sign != "in":
        raise ValueError(sign)
    fields: dict[str, Test] = {
        "parents": lambda file: value in file.parents,
        "owners": lambda file: value.lower() == file.owner,
        "readers": lambda file: value.lower() in {file.owner, *file.viewers},
        "writers": lambda file: value.lower() == file.owner,
    }
    return fields[field]


def _comparison(field: str, sign: str, value: str, *, quoted: bool) -> Test:
    if field in {"createdTime", "modifiedTime"}:
        compare, at, name = _COMPARE[sign], parse_rfc3339(value), field.removesuffix("Time")
        # Google compares what it shows, and it shows milliseconds.
        return lambda file: compare(int(getattr(file, name) * 1000) / 1000, at)
    if field in {"trashed", "starred"} and not quoted:
        wanted = (value == "true") == (sign == "=")
        if field == "starred":
            return lambda file: bool(file.extra.get("starred")) is wanted
        return lambda file: file.trashed is wanted
    texts: dict[str, Callable[[File], str]] = {
        "name": lambda file: file.name,
        "mimeType": lambda file: file.mime_type,
    }
    text = texts[field]
    match sign:
        case "=":
            return lambda file: text(file) == value
        case "!=":
            return lambda file: text(file) != value
        case "contains":
            return lambda file: value.lower() in text(file).lower()
    raise ValueError(sign)
