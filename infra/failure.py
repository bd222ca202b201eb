"""Tells of a failure without its values: which error, and where it came from.

Only our own errors promise that their texts carry no secret; of all others the text is left out.
"""

from __future__ import annotations

import traceback
from pathlib import PurePath

from functions.domain.errors import Trouble

_FRAMES = 5


def describe(failure: BaseException) -> dict[str, str]:
    """Give the facts of a failure for a log line."""
    facts = {"error": type(failure).__name__}
    if isinstance(failure, Trouble):
        return facts | {"text": str(failure)}
    frames = traceback.extract_tb(failure.__traceback__)[-_FRAMES:]
    places = [f"{PurePath(frame.filename).name}:{frame.lineno}" for frame in frames]
    return facts | {"at": " > ".join(places)}
