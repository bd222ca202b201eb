"""The product's pure functions, faster: what was computed is remembered, copies are plain.

Nothing of it changes what is decided: `tests/simulation/test_swift.py` plays with and without.
"""

from __future__ import annotations

import dataclasses
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from functions.declared import comparison, declaration, watching
from functions.domain import change

_COPIERS: dict[type, Callable[..., Any]] = {}
_MOST = 5000


def plain_replace(noun: Any, /, **changes: Any) -> Any:
    """Give a copy of a slotted dataclass with some fields changed, as `dataclasses.replace`."""
    copier = _COPIERS.get(type(noun))
    if copier is None:
        copier = _COPIERS[type(noun)] = _copier(type(noun))
    return copier(noun, changes)


def _copier(noun: type) -> Callable[..., Any]:
    """Write the function that copies field after field: a loop would cost more than it copies."""
    names = [field.name for field in dataclasses.fields(noun)]
    setters = {name: vars(noun)[name].__set__ for name in names}
    given: dict[str, Any] = {f"set_{name}": setters[name] for name in names}
    lines = ["def copy(old, changes):", "    new = make(kind)"]
    lines += [f"    set_{name}(new, old.{name})" for name in names]
    lines += ["    for name, value in changes.items():", "        setters[name](new, value)"]
    space = {**given, "make": object.__new__, "kind": noun, "setters": setters}
    exec("\n".join([*lines, "    return new"]), space)  # noqa: S102 - our own text
    copy: Callable[..., Any] = space["copy"]
    return copy


def remembering(function: Callable[..., Any], *, at: int) -> Callable[..., Any]:
    """Have a pure function remember what it gave for the value that is its argument number `at`."""
    known: dict[tuple[Any, ...], tuple[Any, Any]] = {}

    def remembered(*args: Any, **kwargs: Any) -> Any:
        key = (id(args[at]), *args[:at], *args[at + 1 :], *kwargs.values())
        try:
            found = known.get(key)
        except TypeError:  # of what cannot be a key nothing is remembered
            return function(*args, **kwargs)
        if found is None or found[0] is not args[at]:
            if len(known) > _MOST:
                known.clear()
            found = known[key] = (args[at], function(*args, **kwargs))
        return found[1]

    return remembered


@contextmanager
def swift() -> Iterator[None]:
    """Have the product use them."""
    identity = remembering(declaration.identity, at=0)
    readable = remembering(watching.readable_watch, at=1)
    swifter = {dataclasses.replace: plain_replace, declaration.identity: identity}
    swifter[watching.readable_watch] = readable
    before: list[tuple[Any, str, Any]] = []
    for module in [m for n, m in sys.modules.items() if n.startswith("functions.")]:
        for name, value in list(vars(module).items()):
            if callable(value) and _is_known(value, swifter):
                before.append((module, name, value))
                setattr(module, name, swifter[value])
    before.append((comparison, "fingerprint", change.fingerprint))
    vars(comparison)["fingerprint"] = remembering(change.fingerprint, at=0)
    try:
        yield
    finally:
        for module, name, value in before:
            setattr(module, name, value)


def _is_known(value: Any, swifter: dict[Any, Any]) -> bool:
    try:
        return value in swifter
    except TypeError:
        return False
