"""Finds the declaration a watch id stands for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from functions.declaration import read_watch
from functions.domain.errors import Invalid
from functions.domain.model import Watch
from functions.ports import Store


def declared_watch(store: Store, watch: str, *, short_polls: bool) -> Watch | Invalid | None:
    """Give the declared watch, what is wrong with its document, or None if there is none."""
    document = store.declaration(watch)
    return None if document is None else readable_watch(watch, document, short_polls=short_polls)


def readable_watch(
    watch: str, document: Mapping[str, Any], *, short_polls: bool
) -> Watch | Invalid:
    """Read a stored document; its key is its id, so it need not repeat it."""
    try:
        found = read_watch({"id": watch, **document}, short_polls=short_polls)
        if found.id != watch:
            msg = f"the document {watch!r} declares the id {found.id!r}"
            return Invalid(msg)
    except Invalid as invalid:
        return invalid
    return found
