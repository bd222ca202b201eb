"""Google's partial responses: the `fields` parameter, read and applied.

https://developers.google.com/workspace/drive/api/guides/performance#partial
"""

import re
from functools import lru_cache
from typing import Any

from infra.local.google.errors import GoogleError

Tree = dict[str, Any]
_TOKEN = re.compile(r"\s*([A-Za-z0-9_\-*]+|[(),/])")


def masked(body: Any, fields: str) -> Any:
    """Leave of an answer what `fields` asks for."""
    return body if fields == "*" else _cut(body, _parsed(fields))


@lru_cache(maxsize=256)
def _parsed(fields: str) -> Tree:
    tokens, at = [], 0
    while at < len(fields.rstrip()):
        match = _TOKEN.match(fields, at)
        if not match:
            raise _wrong(fields)
        tokens.append(match[1])
        at = match.end()
    tree, rest = _list(tokens, fields)
    if rest:
        raise _wrong(fields)
    return tree


def _list(tokens: list[str], fields: str) -> tuple[Tree, list[str]]:
    tree: Tree = {}
    while tokens:
        tokens = _path(tree, tokens, fields)
        if not tokens or tokens[0] != ",":
            return tree, tokens
        tokens = tokens[1:]
    raise _wrong(fields)


def _path(tree: Tree, tokens: list[str], fields: str) -> list[str]:
    if not tokens or tokens[0] in "(),/":
        raise _wrong(fields)
    inner = tree.setdefault(tokens[0], {})
    tokens = tokens[1:]
    if tokens and tokens[0] == "/":
        return _path(inner, tokens[1:], fields)
    if tokens and tokens[0] == "(":
        more, tokens = _list(tokens[1:], fields)
        if not tokens or tokens[0] != ")":
            raise _wrong(fields)
        inner.update(more)
        return tokens[1:]
    inner["*"] = {}
    return tokens


def _cut(value: Any, tree: Tree) -> Any:
    if "*" in tree and not tree["*"]:
        return value
    if isinstance(value, list):
        return [_cut(each, tree) for each in value]
    if not isinstance(value, dict):
        return value
    every = tree.get("*", {})
    return {
        key: _cut(each, {**every, **tree.get(key, {})})
        for key, each in value.items()
        if key in tree or every
    }


def _wrong(fields: str) -> GoogleError:
    return GoogleError("invalidParameter", f"Invalid field selection {fields}", parameter="fields")
