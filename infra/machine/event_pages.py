"""Writes the examples of `docs/events.md`: what arrives of each source, as it was told."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

PAGE = Path(__file__).resolve().parents[2] / "docs" / "events.md"
_EXAMPLE = re.compile(r"```json\n(.*?)```", re.DOTALL)


def page(before: str, examples: Mapping[str, Mapping[str, Any]]) -> str:
    """Give the page as it was `before`, its examples replaced by these, one for each source."""
    parts = [before.partition("\n## ")[0]]
    for name, event in examples.items():
        text = json.dumps(event, indent=2, ensure_ascii=False)
        parts.append(f"\n## {name}\n\n[Schema](schemas/{name}.json)\n\n```json\n{text}\n```\n")
    return "".join(parts)


def examples_of(text: str) -> list[Mapping[str, Any]]:
    """Read the examples of a page."""
    return [json.loads(found) for found in _EXAMPLE.findall(text)]
