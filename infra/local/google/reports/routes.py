"""The methods of reports_v1 that are simulated, by the paths of its discovery document."""

from infra.local.google.call import Route
from infra.local.google.reports import activities
from infra.local.google.watching import stopper

_ACTIVITIES = "/admin/reports/v1/activity/users/<userKey>/applications/<applicationName>"

ROUTES = (
    Route("GET", _ACTIVITIES, "reports.activities.list", activities.list_activities),
    Route("POST", f"{_ACTIVITIES}/watch", "reports.activities.watch", activities.watch_activities),
    # The path has an underscore where the others have a slash: it is what Google has.
    Route("POST", "/admin/reports_v1/channels/stop", "admin.channels.stop", stopper("reports")),
)
