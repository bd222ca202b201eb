"""Calls functions of the user's by their import path."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from typing import Any

from functions.domain.errors import Unavailable


class ImportedFunctions:
    """The port `Functions`: what can be imported where this program runs."""

    def run(self, path: str, event: Mapping[str, Any]) -> None:
        module, _, name = path.partition(":")
        try:
            function = getattr(importlib.import_module(module), name)
            function(dict(event))
        except (Exception, SystemExit) as failure:
            # Whatever it is, it is not ours: the text is what its author needs.
            raise Unavailable(f"{path}: {type(failure).__name__}: {failure}") from failure
