"""The attributes of a message in its row: JSON, and none where it cannot be read.

What flows need travels in the data; a row that somebody damaged must not hold up all that follow.
"""

from __future__ import annotations

import json
from collections.abc import Mapping


def write_attributes(attributes: Mapping[str, str]) -> str:
    """Give the text of a row."""
    return json.dumps(dict(attributes))


def read_attributes(text: str) -> Mapping[str, str]:
    """Read the text of a row."""
    try:
        found = json.loads(text)
    except (TypeError, ValueError, RecursionError):
        return {}
    pairs = found.items() if isinstance(found, dict) else ()
    return {name: value for name, value in pairs if isinstance(value, str)}
