"""Finds the declaration a watch id stands for: its own, or the domain it is a member of."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from functions.declared.declaration import read_watch
from functions.domain.errors import Invalid
from functions.domain.model import Watch
from functions.domain.roster import is_domain, member_of, split_name
from functions.ports import Store


def declared_watch(store: Store, watch: str, *, short_polls: bool) -> Watch | Invalid | None:
    """Give the declared watch, what is wrong with its document, or None if there is none.

    A declaration that stands for a whole domain is no watch itself: its members are.
    """
    name, address = split_name(watch)
    document = store.declaration(name)
    if document is None:
        return None
    found = readable_watch(name, document, short_polls=short_polls)
    if isinstance(found, Invalid):
        return found
    if address:
        return member_of(found, address)
    return None if is_domain(found) else found


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
