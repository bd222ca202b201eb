"""`doctor --project`: Scheduler, queues, expiry rules and indexes as Google's APIs tell them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from google.cloud.firestore import Client

from infra.machine.doctor import cloud as checks
from tests.cloud.project_rest import CloudProject, healthy, served
from tests.machine.conftest import Run, run

__all__ = ["run"]

Json = dict[str, Any]
CHECKS = ("scheduler", "subscriptions", "indexes")
TERRAFORM = Path(__file__).resolve().parents[2] / "terraform"


@pytest.fixture
def cloud(monkeypatch: pytest.MonkeyPatch) -> Iterator[CloudProject]:
    """Serve a healthy project to the operator's session."""
    cloud = healthy("my-project")
    with served(cloud) as session:
        monkeypatch.setattr(checks, "open_session", lambda: session)
        yield cloud
    assert cloud.faults == []


def examine(run: Run, *only: str) -> list[Json]:
    """Run the checks and give their findings."""
    named = [word for name in only or CHECKS for word in ("--only", name)]
    ended = run("doctor", "--project", "my-project", "--json", *named)
    assert ended.out.startswith("["), ended.err
    findings: list[Json] = json.loads(ended.out)
    failed = any(one["result"] == "failed" for one in findings)
    assert ended.status == (1 if failed else 0)
    return findings


def test_a_healthy_project(run: Run, cloud: CloudProject) -> None:
    """Job, subscriptions, dead letters, expiry rules and index are found, and are well."""
    findings = examine(run)
    assert [one for one in findings if one["result"] != "ok"] == []
    looked = [one["looked_at"] for one in findings]
    assert looked == [
        "watchkeeper-renew",
        *("notifications-sync", "changes-handle", "gmail-sync"),
        *("notifications-dead", "changes-dead", "gmail-dead"),
        *(f"{name}.delete_at" for name in checks.EXPIRING),
        "progress.due_at",
    ]
    assert len({asked.partition(" ")[0] for asked in cloud.asked}) == 4


def test_optional_queues_are_not_missed(run: Run, cloud: CloudProject) -> None:
    """Without Gmail and without handlers there is less to look at, and nothing wrong."""
    kept = ("notifications-sync", "notifications-dead", "changes-dead")
    cloud.subscriptions = [one for one in cloud.subscriptions if one["name"].endswith(kept)]
    findings = examine(run, "subscriptions")
    assert [(one["looked_at"], one["result"]) for one in findings] == [(n, "ok") for n in kept]


def job(cloud: CloudProject) -> Json:
    """Give the job of `renew`."""
    return cloud.jobs["us-central1"][-1]


def queue(cloud: CloudProject, name: str) -> Json:
    """Give a subscription."""
    return next(one for one in cloud.subscriptions if one["name"].endswith(f"/{name}"))


def paused(cloud: CloudProject) -> None:
    """Pause the job."""
    job(cloud)["state"] = "PAUSED"


def refused(cloud: CloudProject) -> None:
    """Let the scheduler's account not invoke the function."""
    job(cloud)["status"] = {"code": 7, "message": "PERMISSION_DENIED"}


def no_job(cloud: CloudProject) -> None:
    """Delete the job."""
    cloud.jobs["us-central1"].pop()


def silent(cloud: CloudProject) -> None:
    """Let the last attempt be an hour ago."""
    ago = datetime.now(UTC) - timedelta(hours=1)
    job(cloud)["lastAttemptTime"] = f"{ago:%Y-%m-%dT%H:%M:%S}Z"


def new(cloud: CloudProject) -> None:
    """Let the job have just been made."""
    del job(cloud)["lastAttemptTime"]


def no_queue(cloud: CloudProject) -> None:
    """Delete the subscription that pushes to `sync`."""
    cloud.subscriptions.remove(queue(cloud, "notifications-sync"))


def no_gmail(cloud: CloudProject) -> None:
    """Delete Gmail's subscription, but not what else belongs to its queue."""
    cloud.subscriptions.remove(queue(cloud, "gmail-sync"))


def broken(cloud: CloudProject) -> None:
    """Let Google say that a subscription does not work."""
    queue(cloud, "changes-handle")["state"] = "RESOURCE_ERROR"


def lost_topic(cloud: CloudProject) -> None:
    """Delete a topic: its subscription stays."""
    queue(cloud, "changes-handle")["topic"] = "_deleted-topic_"


def no_dead_topic(cloud: CloudProject) -> None:
    """Take the dead letters away."""
    del queue(cloud, "changes-handle")["deadLetterPolicy"]


def to_nobody(cloud: CloudProject) -> None:
    """Make a push subscription one that is pulled."""
    queue(cloud, "notifications-sync")["pushConfig"] = {}


def given_up(cloud: CloudProject) -> None:
    """Let three changes have been given up."""
    cloud.dead["changes-dead"] = 3


def for_ever(cloud: CloudProject) -> None:
    """Take an expiry rule away."""
    cloud.fields["seen.delete_at"] = {"indexConfig": {}}


def not_yet(cloud: CloudProject) -> None:
    """Let an expiry rule have just been made."""
    cloud.fields["seen.delete_at"]["ttlConfig"]["state"] = "CREATING"


def repair(cloud: CloudProject) -> None:
    """Let an expiry rule have failed."""
    cloud.fields["seen.delete_at"]["ttlConfig"]["state"] = "NEEDS_REPAIR"


def exempt(cloud: CloudProject) -> None:
    """Exempt `due_at` from indexes: of the empty list Google's JSON has nothing."""
    cloud.fields["progress.due_at"] = {"indexConfig": {}}


def building(cloud: CloudProject) -> None:
    """Let the index still be made."""
    for index in cloud.fields["progress.due_at"]["indexConfig"]["indexes"]:
        index["state"] = "CREATING"


def disabled(cloud: CloudProject) -> None:
    """Let an API not be enabled."""
    cloud.refused["cloudscheduler"] = (403, "Cloud Scheduler API has not been used in project 1")


@pytest.mark.parametrize(
    ("plant", "check", "result", "says", "cure"),
    [
        (
            paused,
            "scheduler",
            "failed",
            "PAUSED",
            "resume watchkeeper-renew --location us-central1",
        ),
        (refused, "scheduler", "failed", "code 7 PERMISSION_DENIED", "run.invoker"),
        (no_job, "scheduler", "failed", "no job", "terraform apply"),
        (silent, "scheduler", "failed", "none since", "jobs run watchkeeper-renew"),
        (new, "scheduler", "warning", "not been run", "wait"),
        (disabled, "scheduler", "failed", "has not been used in project 1", "mend this first"),
        (no_queue, "subscriptions", "failed", "notifications-sync is missing", "terraform apply"),
        (no_gmail, "subscriptions", "failed", "gmail-sync is missing", "terraform apply"),
        (broken, "subscriptions", "failed", "RESOURCE_ERROR", "terraform apply"),
        (lost_topic, "subscriptions", "failed", "lost its topic", "terraform apply"),
        (no_dead_topic, "subscriptions", "failed", "no dead letters", "terraform apply"),
        (to_nobody, "subscriptions", "failed", "pushes to nobody", "terraform apply"),
        (given_up, "subscriptions", "failed", "3 messages", "dead-letters list --project my-"),
        (for_ever, "indexes", "failed", "grows for ever", "terraform apply"),
        (not_yet, "indexes", "warning", "being made", "wait"),
        (repair, "indexes", "failed", "could not be made", "remove the rule"),
        (exempt, "indexes", "failed", "no index", "--clear-exemption"),
        (building, "indexes", "warning", "being made", "wait"),
    ],
)
def test_a_planted_fault(
    run: Run,
    cloud: CloudProject,
    plant: Callable[[CloudProject], None],
    check: str,
    result: str,
    says: str,
    cure: str,
) -> None:
    """A fault is found by its check, in words that tell it, with the step that cures it."""
    plant(cloud)
    findings = [one for one in examine(run, check) if one["result"] != "ok"]
    assert [one["result"] for one in findings] == [result], findings
    assert says in findings[0]["text"]
    assert cure in findings[0]["next_step"]


def test_names_are_terraforms() -> None:
    """The checks look for what the deployment makes."""
    queues = (TERRAFORM / "queue.tf").read_text()
    for topic, name in checks.PUSHED.items():
        assert f'pushed_to = "{name.removeprefix(f"{topic}-")}"' in queues
    assert 'name                       = "${each.key}-${each.value.pushed_to}"' in queues
    expiring = ", ".join(f'"{name}"' for name in checks.EXPIRING)
    assert f"expiring = [{expiring}]" in (TERRAFORM / "state.tf").read_text()
    assert '"${local.name}-renew"' in (TERRAFORM / "schedule.tf").read_text()


def test_without_credentials_the_step_is_told(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who is not logged in is told how, once for each check that wants it."""
    monkeypatch.setenv("NO_GCE_CHECK", "true")
    monkeypatch.setenv("CLOUDSDK_CONFIG", "/nowhere")
    findings = examine(run)
    assert {one["result"] for one in findings} == {"failed"}
    assert all("application-default login" in one["text"] for one in findings)


def test_every_check_of_a_project(
    run: Run, cloud: CloudProject, firestore: Client, project: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On an empty store of a project all checks run: each has a line, none breaks off."""
    monkeypatch.setenv("NO_GCE_CHECK", "true")
    monkeypatch.setenv("CLOUDSDK_CONFIG", "/nowhere")
    checked = [name for name in _every() if name not in {*CHECKS, "clock"}]  # that asks Google
    named = [word for name in checked for word in ("--only", name)]
    ended = run("doctor", "--project", project, "--json", *named)
    findings = {one["check"]: one for one in json.loads(ended.out)}
    assert findings["clockwork"]["text"] == "`renew` has never run"
    assert findings["keys"]["result"] == "failed"
    assert {"store", "coverage", "verdicts", "orphans", "unreadable"} <= findings.keys()
    assert "Traceback" not in ended.err


def _every() -> list[str]:
    from infra.machine.doctor.examination import CHECKS as EVERY

    return list(EVERY)
