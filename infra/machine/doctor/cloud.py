"""Checks of a cloud project: the Scheduler, subscriptions, dead letters, expiry rules, indexes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from functions.domain.errors import Misconfigured, Unavailable
from infra.machine.doctor.finding import Finding, Ward, failed, ok, skipped, warning

EXPIRING = ("channels", "handled", "progress", "seen", "unreadable")
WANTED = {"notifications-sync", "changes-handle"}
TIMEOUT = 15
_SCOPE = "https://www.googleapis.com/auth/cloud-platform"


class Project:
    """Reads of Google Cloud's own APIs, as the operator."""

    def __init__(self, project: str) -> None:
        """Find credentials.

        Raises:
            Misconfigured: there are none.
        """
        import google.auth
        from google.auth.exceptions import DefaultCredentialsError
        from google.auth.transport.requests import AuthorizedSession

        try:
            credentials, _ = google.auth.default(scopes=[_SCOPE])
        except DefaultCredentialsError:
            raise Misconfigured(
                "no Google credentials here: gcloud auth application-default login"
            ) from None
        self._session: Any = AuthorizedSession(credentials)  # type: ignore[no-untyped-call]
        self.name = f"projects/{project}"

    def get(self, url: str) -> dict[str, Any]:
        """Read what is at a URL.

        Raises:
            Unavailable: it cannot be read, and why.
        """
        try:
            answer = self._session.get(url, timeout=TIMEOUT)
        except Exception as error:  # noqa: BLE001 - whatever the transport says is no answer
            raise Unavailable(f"{url}: {type(error).__name__}") from None
        if not answer.ok:
            raise Unavailable(f"{url}: {answer.status_code}")
        found: dict[str, Any] = answer.json()
        return found


def scheduler(ward: Ward) -> Iterator[Finding]:
    """Whether Cloud Scheduler's last call of `renew` succeeded."""
    if ward.at.site.project is None:
        yield skipped("Cloud Scheduler", "serve has a clock of its own")
        return
    project = Project(ward.at.site.project)
    root = "https://cloudscheduler.googleapis.com/v1"
    places = project.get(f"{root}/{project.name}/locations").get("locations", [])
    jobs = [
        job
        for place in places
        for job in project.get(f"{root}/{place['name']}/jobs").get("jobs", [])
        if job["name"].endswith("-renew")
    ]
    if not jobs:
        yield failed("Cloud Scheduler", "there is no job *-renew", step="terraform apply")
    for job in jobs:
        code = job.get("status", {}).get("code", 0)
        looked = job["name"].rpartition("/")[2]
        if job.get("state") != "ENABLED":
            step = f"gcloud scheduler jobs resume {looked}"
            yield failed(looked, f"is {job.get('state')}", step=step)
        elif code:
            step = "the log of `renew`; may the scheduler's account invoke it (run.invoker)?"
            yield failed(looked, f"last attempt failed with code {code}", step=step)
        else:
            yield ok(looked, f"last attempt {job.get('lastAttemptTime', 'none yet')}")


def subscriptions(ward: Ward) -> Iterator[Finding]:
    """Whether the push subscriptions are there, and what they gave up."""
    if ward.at.site.project is None:
        return
    project = Project(ward.at.site.project)
    url = f"https://pubsub.googleapis.com/v1/{project.name}/subscriptions?pageSize=1000"
    found = {
        one["name"].rpartition("/")[2]: one for one in project.get(url).get("subscriptions", [])
    }
    missing = WANTED - found.keys()
    if "notifications-sync" in missing:
        yield failed("Pub/Sub", "notifications-sync is missing", step="terraform apply")
    for name in sorted(WANTED & found.keys()):
        one = found[name]
        if one.get("state", "ACTIVE") != "ACTIVE" or "deadLetterPolicy" not in one:
            yield failed(name, "not active, or without dead letters", step="terraform apply")
        else:
            yield ok(name, f"pushes to {one.get('pushConfig', {}).get('pushEndpoint')}")
    for name in sorted(name for name in found if name.endswith("-dead")):
        waiting = _waiting(project, name)
        if waiting:
            step = "dead-letters list --project PROJECT, then retry or drop them"
            yield failed(name, f"{waiting} messages were given up", step=step)
        else:
            yield ok(name, "no dead letters")


def _waiting(project: Project, subscription: str) -> int:
    """Count the messages that wait, by the metric; it lags by some minutes."""
    from datetime import UTC, datetime, timedelta
    from urllib.parse import quote

    now = datetime.now(UTC)
    metric = "pubsub.googleapis.com/subscription/num_undelivered_messages"
    wanted = f'metric.type="{metric}" AND resource.labels.subscription_id="{subscription}"'
    url = (
        f"https://monitoring.googleapis.com/v3/{project.name}/timeSeries?filter={quote(wanted)}"
        f"&interval.startTime={quote((now - timedelta(minutes=15)).isoformat())}"
        f"&interval.endTime={quote(now.isoformat())}"
    )
    series = project.get(url).get("timeSeries", [])
    points = [one["points"][0]["value"].get("int64Value", 0) for one in series if one.get("points")]
    return sum(int(point) for point in points)


def expiry_rules(ward: Ward) -> Iterator[Finding]:
    """Whether Firestore lets go of what has expired (TTL), and has the index of `due_at`."""
    site = ward.at.site
    if site.project is None:
        yield skipped("indexes and expiry rules", "SQLite has its own")
        return
    project = Project(site.project)
    root = f"https://firestore.googleapis.com/v1/{project.name}/databases/{site.database}"
    for name in EXPIRING:
        field = project.get(f"{root}/collectionGroups/{name}/fields/delete_at")
        state = field.get("ttlConfig", {}).get("state")
        if state == "ACTIVE":
            yield ok(f"{name}.delete_at", "expires")
        elif state == "CREATING":
            yield warning(f"{name}.delete_at", "being made", step="wait: it takes up to a day")
        else:
            text = "has no expiry rule: the collection grows for ever"
            yield failed(f"{name}.delete_at", text, step="terraform apply")
    due = project.get(f"{root}/collectionGroups/progress/fields/due_at")
    if due.get("indexConfig", {}).get("indexes", True):
        yield ok("progress.due_at", "indexed")
    else:
        text = "has no index: nothing that is due would be found"
        yield failed("progress.due_at", text, step="terraform apply")
