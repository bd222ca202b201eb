"""Every path that is answered."""

from infra.local.google import control
from infra.local.google.call import Call, Json, Route
from infra.local.google.drive.control import ROUTES as DRIVE_CONTROL
from infra.local.google.drive.routes import ROUTES as DRIVE

APIS = (*DRIVE,)
CONTROL = (*control.ROUTES, *DRIVE_CONTROL)


def _index(_: Call) -> Json:
    return {"endpoints": [f"{each.verb} {each.path}" for each in CONTROL]}


ROUTES = (*APIS, *CONTROL, Route("GET", "/sim/", "sim.index", _index))
