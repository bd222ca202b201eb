"""Every path that is answered."""

from infra.local.google import control
from infra.local.google.calendar.control import ROUTES as CALENDAR_CONTROL
from infra.local.google.calendar.routes import ROUTES as CALENDAR
from infra.local.google.call import Call, Route
from infra.local.google.directory.control import ROUTES as DIRECTORY_CONTROL
from infra.local.google.directory.routes import ROUTES as DIRECTORY
from infra.local.google.drive.control import ROUTES as DRIVE_CONTROL
from infra.local.google.drive.routes import ROUTES as DRIVE
from infra.local.google.gmail.control import ROUTES as GMAIL_CONTROL
from infra.local.google.gmail.routes import ROUTES as GMAIL
from infra.local.google.reports.control import ROUTES as REPORTS_CONTROL
from infra.local.google.reports.routes import ROUTES as REPORTS
from infra.local.google.shape import Json

APIS = (*CALENDAR, *DIRECTORY, *DRIVE, *GMAIL, *REPORTS)
CONTROL = (
    *control.ROUTES,
    *CALENDAR_CONTROL,
    *DIRECTORY_CONTROL,
    *DRIVE_CONTROL,
    *GMAIL_CONTROL,
    *REPORTS_CONTROL,
)


def _index(_: Call) -> Json:
    return {"endpoints": [f"{each.verb} {each.path}" for each in CONTROL]}


ROUTES = (*APIS, *CONTROL, Route("GET", "/sim/", "sim.index", _index))
