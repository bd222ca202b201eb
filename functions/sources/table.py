"""The table of sources: a name as declared, and the module that serves it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from functions.sources.drive import DriveChanges, DriveFiles
from functions.sources.source import Source

SOURCES: Final[Mapping[str, Source]] = {
    source.profile.name: source for source in (DriveChanges(), DriveFiles())
}
