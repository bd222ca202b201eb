"""The table of sources: a name as declared, and the module that serves it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from functions.sources.calendar import (
    CalendarAcl,
    CalendarEvents,
    CalendarList,
    CalendarSettings,
)
from functions.sources.directory import DirectoryAliases, DirectoryUsers
from functions.sources.drive import DriveChanges, DriveFiles
from functions.sources.gmail import GmailMailbox
from functions.sources.reports import ReportsActivities
from functions.sources.source import Source

SOURCES: Final[Mapping[str, Source]] = {
    source.profile.name: source
    for source in (
        DriveChanges(),
        DriveFiles(),
        CalendarEvents(),
        CalendarList(),
        CalendarAcl(),
        CalendarSettings(),
        DirectoryUsers(),
        DirectoryAliases(),
        ReportsActivities(),
        GmailMailbox(),
    )
}
