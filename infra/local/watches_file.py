"""Reads the watches file: YAML in, declared documents out, or every fault with its line.

A file that is empty, has no key `watches`, or has it without a list is wrong: `watches: []` is how
one says "none", so that a file that was cut off never stops anything.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from functions.declared.declaration import check_watches
from functions.declared.faults import Fault
from functions.domain.errors import Misconfigured

LARGEST = 8 * 1024 * 1024
MOST = 1_000_000  # values that anchors may make of a file; nobody declares so many watches
LONGEST_NUMBER = 1000  # digits; Python does not even show a number of many more
Marks = dict[tuple[str | int, ...], int]
# What the library lets slip where a text does not fit its tag, as in `!!bool maybe`.
_NO_VALUE = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError)


@dataclass(frozen=True, slots=True)
class WatchesFile:
    """A file as read: the documents by their ids."""

    documents: Mapping[str, Mapping[str, Any]]


def read_watches(path: Path) -> WatchesFile:
    """Read the file.

    Raises:
        Misconfigured: one sentence a fault, each with path and line.
    """
    text = _read_text(path)
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
        marks: Marks = {}
        if node is not None and _size(node, {}) > MOST:
            raise Misconfigured(f"{path}: not readable as YAML: more than {MOST} values by anchors")
        doubled = list(_mark(node, (), marks)) if node is not None else []
        data = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise Misconfigured(_yaml_fault(path, error)) from None
    except RecursionError:
        raise Misconfigured(f"{path}: not readable as YAML: nested too deeply") from None
    except _NO_VALUE as error:
        reason = str(error) if isinstance(error, ValueError) else "a value is not what its tag says"
        raise Misconfigured(f"{path}: not readable as YAML: {reason}") from None
    faults = doubled or list(_faults(data))
    if faults:
        raise Misconfigured("\n".join(_placed(path, fault, marks) for fault in faults))
    return WatchesFile(
        {
            entry["id"]: {key: value for key, value in entry.items() if key != "id"}
            for entry in data["watches"]
        }
    )


def _read_text(path: Path) -> str:
    try:
        if path.stat().st_size > LARGEST:
            raise Misconfigured(f"{path}: larger than {LARGEST} bytes")
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise Misconfigured(
            f"{path}: there is no such file; name one with --watches (see README, Declare watches)"
        ) from None
    except UnicodeDecodeError:
        raise Misconfigured(f"{path}: not UTF-8 text") from None
    except OSError as error:
        raise Misconfigured(f"{path}: cannot be read: {error.strerror}") from None


def _faults(data: object) -> Iterator[Fault]:
    wanted = "a key `watches` with a list (`watches: []` for none)"
    if not isinstance(data, dict):
        yield Fault((), f"the file has to be a map with {wanted}")
        return
    for key in data:
        if key != "watches":
            yield Fault((key,), f"unknown key {key!r}; allowed: watches")
    watches = data.get("watches")
    if not isinstance(watches, list):
        yield Fault(("watches",) if "watches" in data else (), f"the file needs {wanted}")
        return
    for fault in check_watches(watches, short_polls=True):
        yield Fault(("watches", *fault.path), fault.text)


def _size(node: yaml.Node, sizes: dict[int, int]) -> int:
    """Count the values that a node becomes, each alias anew; too many for an endless one."""
    if isinstance(node, yaml.ScalarNode):
        if node.tag.endswith(":int") and len(node.value) > LONGEST_NUMBER:
            raise ValueError("a number is too long")
        return 1
    known = sizes.get(id(node))
    if known is not None:
        return known
    sizes[id(node)] = MOST + 1  # as long as it is being counted: it contains itself
    inner = (
        (each for pair in node.value for each in pair)
        if isinstance(node, yaml.MappingNode)
        else node.value
    )
    sizes[id(node)] = 1 + sum(_size(each, sizes) for each in inner)
    return sizes[id(node)]


def _mark(node: yaml.Node, path: tuple[str | int, ...], marks: Marks) -> Iterator[Fault]:
    """Note the line of every key and entry; name keys that are given twice."""
    marks.setdefault(path, node.start_mark.line + 1)
    if isinstance(node, yaml.SequenceNode):
        for position, entry in enumerate(node.value):
            yield from _mark(entry, (*path, position), marks)
    elif isinstance(node, yaml.MappingNode):
        seen: set[str] = set()
        for key, value in node.value:
            name = str(key.value)
            marks[*path, name] = key.start_mark.line + 1
            if name in seen:
                yield Fault((*path, name), "is given twice")
            seen.add(name)
            yield from _mark(value, (*path, name), marks)


def _placed(path: Path, fault: Fault, marks: Marks) -> str:
    place = fault.path
    while place and place not in marks:
        place = place[:-1]
    return f"{path}, line {marks.get(place, 1)}: {fault}"


def _yaml_fault(path: Path, error: yaml.YAMLError) -> str:
    mark = getattr(error, "problem_mark", None)
    line = f", line {mark.line + 1}" if mark is not None else ""
    problem = getattr(error, "problem", None) or "not YAML"
    return f"{path}{line}: not readable as YAML: {problem}"
