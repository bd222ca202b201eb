"""Edits a watches file and leaves its comments, order and quotes as a person wrote them."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedSeq

from functions.domain.errors import Misconfigured
from infra.local.watches_file import read_watches

Edit = Callable[[list[Any]], None]


def edit_file(path: Path, edit: Edit) -> None:
    """Change the list of watches in place; a file that would be wrong is not written.

    Raises:
        Misconfigured: the file is wrong, before or after.
    """
    if path.exists():
        read_watches(path)
    yaml = YAML()
    yaml.preserve_quotes = True
    yaml.indent(mapping=2, sequence=4, offset=2)
    yaml.width = 120
    data = yaml.load(path.read_text(encoding="utf-8")) if path.exists() else {"watches": []}
    if isinstance(data["watches"], CommentedSeq) and not data["watches"]:
        data["watches"].fa.set_block_style()
    edit(data["watches"])
    text = io.StringIO()
    yaml.dump(data, text)
    _replace(path, text.getvalue())


def find(watches: list[Any], name: str, path: Path) -> Any:
    """Give the entry of a watch.

    Raises:
        Misconfigured: there is none.
    """
    for entry in watches:
        if entry.get("id") == name:
            return entry
    ids = ", ".join(str(entry.get("id")) for entry in watches[:10]) or "none"
    raise Misconfigured(f"{path} declares no watch {name!r}; it declares: {ids}")


def _replace(path: Path, text: str) -> None:
    """Write it beside the file, look whether it is right, and only then put it in its place."""
    draft = path.with_name(f".{path.name}.draft")
    try:
        draft.write_text(text, encoding="utf-8")
        if path.exists():
            draft.chmod(path.stat().st_mode & 0o777)
        try:
            read_watches(draft)
        except Misconfigured as wrong:
            full = wrong.full.replace(str(draft), str(path))
            raise Misconfigured(full, full) from None
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
