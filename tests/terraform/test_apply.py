"""`terraform apply` from nothing: it succeeds at once, and what then exists is as promised."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.terraform.deployment import PROJECT, Deployment, Values
from tests.terraform.guards import GUARDS, Guard

pytestmark = pytest.mark.timeout(300)

SMALL = {
    "public_access": "none",
    "handlers": False,
    "alerts": False,
    "secret_locations": ["europe-west1", "europe-west4"],
    "database": {"name": "shared", "create": False},
}


@pytest.mark.parametrize("guard", GUARDS, ids=lambda guard: guard.__name__)
def test_guard(full: Deployment, guard: Guard) -> None:
    """What must hold of every deployment holds."""
    assert list(guard(full)) == []


def test_second_plan_is_empty(full: Deployment) -> None:
    """Applied once, nothing is left to do: documents, too, compare as equal."""
    assert full.differences() == ""


def test_nothing_is_made_before_what_it_needs(full: Deployment, standin: Path) -> None:
    """Whatever needs another resource waits for it, in whichever order they would be made."""
    assert full.missing_order(standin) == ""


def test_a_small_deployment(untouched: Deployment, standin: Path) -> None:
    """Without anything optional, on an existing database, with `allUsers` forbidden: consistent."""
    there = {"project": PROJECT, "type": "FIRESTORE_NATIVE", "location_id": "nam5"}
    _put_database(untouched, there)
    untouched.apply(SMALL)
    functions = untouched.resources("google_cloudfunctions2_function")
    assert set(functions) == {"watchkeeper-receive", "watchkeeper-renew", "watchkeeper-sync"}
    grants = untouched.resources("google_cloud_run_v2_service_iam_member")
    assert not [name for name in grants if "allUsers" in name]
    topics = {"changes", "changes-dead", "notifications", "notifications-dead"}
    assert set(untouched.resources("google_pubsub_topic")) == topics
    replication = untouched.resource("google_secret_manager_secret", "signing-keys")["replication"]
    assert len(replication[0]["user_managed"][0]["replicas"]) == 2
    database = untouched.resource("google_firestore_database", "shared")
    assert (database["location_id"], database.get("delete_protection_state")) == ("nam5", None)
    assert untouched.differences() == ""
    assert untouched.missing_order(standin) == ""


def test_another_kind_of_database_is_refused(untouched: Deployment) -> None:
    """A database in Datastore mode cannot serve: said when a plan is made."""
    _put_database(untouched, {"project": PROJECT, "type": "DATASTORE_MODE", "location_id": "nam5"})
    untouched.variables(SMALL)
    refused = untouched.run("plan", "-target=google_firestore_database.existing")
    assert refused.status == 1
    assert "database: shared is not a Firestore database in Native mode" in refused.text


def _put_database(deployment: Deployment, values: Values) -> None:
    folder = deployment.world / "google_firestore_database"
    folder.mkdir(parents=True)
    named = {"name": "shared", "id": f"projects/{PROJECT}/databases/shared"}
    (folder / "shared.json").write_text(json.dumps({**named, **values}))


def test_outputs(full: Deployment) -> None:
    """The operator is told the address, whom to authorise for what, and how to look."""
    outputs = {
        name: each["value"] for name, each in json.loads(full.must("output", "-json")).items()
    }
    assert outputs["webhook_url"] == "https://watchkeeper-receive-123456789012.europe-west1.run.app"
    account = full.resource("google_service_account", "watchkeeper-workspace")
    assert outputs["workspace"]["email"] == account["email"]
    assert outputs["workspace"]["client_id"] == account["unique_id"]
    assert {"status", "logs", "dead", "changes", "tick_now"} <= set(outputs["commands"])
    assert set(outputs["topics"]) == {"notifications", "changes", "gmail"}
