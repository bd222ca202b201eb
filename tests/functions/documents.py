"""Documents of declared watches, and what is wrong with them."""

from __future__ import annotations

from typing import Any

from functions.declared.declaration import check_watch

PLAIN = {"id": "ana-drive", "source": "drive.changes"}
FILE = {"id": "one-file", "source": "drive.files", "params": {"fileId": "1abc"}}
SECRETS = ["signing-keys", "oauth-mfxgcqdfpbqw24dmmuxgg33n"]


def faults(edit: dict[str, Any] | None = None, **more: Any) -> list[str]:
    """Check the plain watch with keys set; None leaves a key out."""
    document = {**PLAIN, **(edit or {}), **more}
    return [str(fault) for fault in check_watch(document)]


def handled(handler: Any) -> list[str]:
    """Check the plain watch with one handler."""
    return faults(handle=[handler])
