"""How our values are documents of Firestore: names where it forbids some, numbers, times.

Limits: https://cloud.google.com/firestore/quotas#collections_documents_and_fields
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote

_LARGEST_NUMBER = 2**63 - 1  # a message number may be one more
_FORBIDDEN = re.compile(r"[/%]|^\.\.?$|^__.*__$|^$", re.DOTALL)


def to_name(id_: str) -> str:
    """Give the name of the document with this id: the id itself, unless Firestore forbids it."""
    if not _FORBIDDEN.search(id_):
        return id_
    return "".join(f"%{ord(char):02X}" if char in "/%._" else char for char in id_) or "%"


def to_id(name: str) -> str:
    """Give the id that a document was named for."""
    return "" if name == "%" else unquote(name, errors="surrogateescape")


def to_document(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Give fields as Firestore takes them."""
    return {name: _storable(value) for name, value in fields.items()}


def _storable(value: object) -> object:
    if isinstance(value, str):
        return value.encode(errors="replace").decode()  # half a character would be an error
    if isinstance(value, int) and not isinstance(value, bool):
        return min(value, _LARGEST_NUMBER)
    if isinstance(value, Mapping):
        return to_document(value)
    if isinstance(value, list):
        return [_storable(entry) for entry in value]
    return value
