"""Checks of a cloud project: the Scheduler, subscriptions, dead letters, expiry rules, indexes."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from infra.machine.commands.options import counted
from infra.machine.doctor.finding import Finding, Ward, failed, ok, skipped, warning
from infra.machine.doctor.project import Project, open_session

# What Terraform makes: https://docs.cloud.google.com/pubsub/docs/reference/rest
EXPIRING = ("channels", "handled", "progress", "seen", "unreadable")
PUSHED = {"notifications": "notifications-sync", "changes": "changes-handle", "gmail": "gmail-sync"}
DELETED = "_deleted-topic_"
SILENT = timedelta(minutes=10)  # it calls once a minute
LATEST = timedelta(minutes=15)  # the metric lags by some minutes
_APPLY = "terraform apply"


def scheduler(ward: Ward) -> Iterator[Finding]:
    """Whether Cloud Scheduler calls `renew`, and its last call succeeded."""
    if ward.at.site.project is None:
        yield skipped("Cloud Scheduler", "serve has a clock of its own")
        return
    project = Project(ward.at.site.project, open_session())
    root = "https://cloudscheduler.googleapis.com/v1"
    jobs = [
        job
        for place in project.every(f"{root}/{project.name}/locations", "locations")
        for job in project.every(f"{root}/{place['name']}/jobs", "jobs")
        if job["name"].endswith("-renew")
    ]
    if not jobs:
        yield failed("Cloud Scheduler", "there is no job *-renew", step=_APPLY)
    for job in jobs:
        yield _scheduled(job, ward.now)


def _scheduled(job: dict[str, Any], now: datetime) -> Finding:
    place, _, looked = job["name"].partition("/locations/")[2].replace("/jobs", "").partition("/")
    last = job.get("lastAttemptTime")
    if job.get("state") != "ENABLED":
        step = f"gcloud scheduler jobs resume {looked} --location {place}"
        return failed(looked, f"is {job.get('state', 'in no known state')}", step=step)
    if code := job.get("status", {}).get("code", 0):
        step = "the log of `renew`; may the scheduler's account invoke it (run.invoker)?"
        said = job["status"].get("message", "")
        return failed(looked, f"last attempt failed with code {code} {said}".rstrip(), step=step)
    if last is None:
        return warning(looked, "has not been run yet", step="wait two minutes, and look again")
    if now - datetime.fromisoformat(last) > SILENT:
        step = f"gcloud scheduler jobs run {looked} --location {place}, and look again"
        return failed(looked, f"last attempt {last}, and none since", step=step)
    return ok(looked, f"last attempt {last}")


def subscriptions(ward: Ward) -> Iterator[Finding]:
    """Whether the push subscriptions are there, and what they gave up."""
    if ward.at.site.project is None:
        return
    project = Project(ward.at.site.project, open_session())
    url = f"https://pubsub.googleapis.com/v1/{project.name}/subscriptions"
    every = project.every(url, "subscriptions", pageSize="1000")
    found = {one["name"].rpartition("/")[2]: one for one in every}
    for topic, name in PUSHED.items():
        if name in found:
            yield _pushing(name, found[name])
        elif topic == "notifications" or (topic == "gmail" and "gmail-dead" in found):
            yield failed("Pub/Sub", f"{name} is missing", step=_APPLY)
    for name in (f"{topic}-dead" for topic in PUSHED):
        if name in found:
            yield _given_up(project, name, ward)


def _pushing(name: str, one: dict[str, Any]) -> Finding:
    address = one.get("pushConfig", {}).get("pushEndpoint")
    if one.get("topic") == DELETED or one.get("detached"):
        return failed(name, "has lost its topic: nothing comes", step=_APPLY)
    if one.get("state", "ACTIVE") != "ACTIVE":
        return failed(name, f"is in state {one['state']}", step=_APPLY)
    if one.get("deadLetterPolicy", {}).get("deadLetterTopic", DELETED) == DELETED:
        return failed(name, "has no dead letters: what cannot be delivered is lost", step=_APPLY)
    if not address:
        return failed(name, "pushes to nobody", step=_APPLY)
    return ok(name, f"pushes to {address}")


def _given_up(project: Project, name: str, ward: Ward) -> Finding:
    waiting = _waiting(project, name, ward.now)
    if waiting:
        step = f"dead-letters list --project {ward.at.site.project}, then retry or drop them"
        many = counted(waiting, "message was", "messages were")
        return failed(name, f"{many} given up", step=step)
    return ok(name, "no dead letters")


def _waiting(project: Project, subscription: str, now: datetime) -> int:
    """Count the messages that wait, by the metric; it lags by some minutes.

    https://docs.cloud.google.com/monitoring/api/ref_v3/rest/v3/projects.timeSeries/list
    """
    metric = "pubsub.googleapis.com/subscription/num_undelivered_messages"
    wanted = f'metric.type="{metric}" AND resource.labels.subscription_id="{subscription}"'
    series = project.every(
        f"https://monitoring.googleapis.com/v3/{project.name}/timeSeries",
        "timeSeries",
        **{
            "filter": wanted,
            "interval.startTime": (now - LATEST).isoformat(),
            "interval.endTime": now.isoformat(),
        },
    )
    newest = [one["points"][0]["value"] for one in series if one.get("points")]  # the first one
    return sum(int(value.get("int64Value", 0)) for value in newest)


def expiry_rules(ward: Ward) -> Iterator[Finding]:
    """Whether Firestore lets go of what has expired (TTL), and has the index of `due_at`."""
    site = ward.at.site
    if site.project is None:
        yield skipped("indexes and expiry rules", "SQLite has its own")
        return
    project = Project(site.project, open_session())
    root = f"https://firestore.googleapis.com/v1/{project.name}/databases/{site.database}"
    for name in EXPIRING:
        field = project.get(f"{root}/collectionGroups/{name}/fields/delete_at")
        yield _expiring(f"{name}.delete_at", field.get("ttlConfig", {}).get("state"))
    due = project.get(f"{root}/collectionGroups/progress/fields/due_at")
    yield _indexed("progress.due_at", due.get("indexConfig"))


def _expiring(looked: str, state: str | None) -> Finding:
    if state == "ACTIVE":
        return ok(looked, "expires")
    if state == "CREATING":
        return warning(looked, "being made", step="wait: it takes up to a day")
    if state == "NEEDS_REPAIR":
        text = "its expiry rule could not be made"
        return failed(looked, text, step="remove the rule of this field, then terraform apply")
    text = "has no expiry rule: the collection grows for ever"
    return failed(looked, text, step=_APPLY)


def _indexed(looked: str, config: dict[str, Any] | None) -> Finding:
    """Judge the indexes of a field; of a field that is exempt Google leaves the empty list out."""
    indexes = (config or {}).get("indexes", ())
    states = {
        index.get("state")
        for index in indexes
        if index.get("queryScope") == "COLLECTION"
        for field in index.get("fields", ())
        if field.get("order") == "ASCENDING"
    }
    if config is None or states & {"READY", None}:
        return ok(looked, "indexed")
    if "CREATING" in states:
        return warning(looked, "its index is being made", step="wait some minutes")
    text = "has no index: nothing that is due would be found"
    step = "delete the exemption of this field: gcloud firestore indexes fields update"
    return failed(looked, text, step=f"{step} due_at --collection-group=progress --clear-exemption")
