"""Reports' control endpoint: what people do that is reported.

| endpoint | body | does |
|---|---|---|
| `POST /sim/reports/activities` | `application`, `actor`, `event`, `parameters`, `ago`, `late`, \
`address`, `count` | records an activity that happened `ago` seconds before now and is listed only \
`late` seconds from now on, though it is notified at once; or `count` of them |
"""

from infra.local.google.call import Call, Route
from infra.local.google.errors import GoogleError
from infra.local.google.reports.activity import Activity
from infra.local.google.shape import Json


def _record(call: Call) -> Json:
    fields = dict(call.body)
    missing = {"application", "actor", "event"} - fields.keys()
    if missing:
        raise GoogleError("required", f"required: {', '.join(sorted(missing))}")
    application, count = fields.pop("application"), fields.pop("count", None)
    if count is None:
        return _one(call, application, fields).resource()
    ids = [str(_one(call, application, fields).unique) for _ in range(count)]
    return {"ids": ids}


def _one(call: Call, application: str, fields: Json) -> Activity:
    return call.world.reports.record(application, **fields)


ROUTES = (Route("POST", "/sim/reports/activities", "sim.reports.record", _record),)
