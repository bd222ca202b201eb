"""Every guard is seen to fail: each of these breaks the configuration once, and something notices.

All of them take minutes: but for one they are left out unless asked for, by `make terraform-test`
or WATCHKEEPER_SOAK=1.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.terraform.deployment import Deployment
from tests.terraform.examples import FORWARD, FULL
from tests.terraform.guards import faults
from tests.terraform.test_names import CHECKS

pytestmark = pytest.mark.timeout(300)

# What is tried in every round: it takes a second.
ALWAYS = {"an argument is misspelt"}

# All that guards look at, and nothing else.
DOWNLOAD = {"download": {"to": "gs://bucket/prefix", "max_size": 1000}}
HANDLED = {"id": "one", "source": "drive.changes", "params": {}, "handle": [FORWARD, DOWNLOAD]}
VALUES = {**FULL, "watches": [HANDLED]}
VALUES |= {"gmail": True, "audit_log": False}


@dataclass(frozen=True, slots=True, kw_only=True)
class Mutation:
    """One way to break the configuration, and what has to notice it."""

    file: str
    old: str
    new: str
    caught: str


MUTATIONS = {
    "the right to read the signing keys is dropped": Mutation(
        file="identities.tf",
        old='readers   = toset(["receive", "renew"])',
        new='readers   = toset(["receive"])',
        caught="renew lacks",
    ),
    "an argument is misspelt": Mutation(
        file="functions.tf",
        old="max_instance_count  ",
        new="max_instances_count ",
        caught="Unsupported argument",
    ),
    "sync is public": Mutation(
        file="functions.tf",
        old='name     = google_cloudfunctions2_function.this["receive"].name',
        new='name     = google_cloudfunctions2_function.this["sync"].name',
        caught="only_receive_is_public",
    ),
    "everything is reached from outside": Mutation(
        file="functions.tf",
        old='each.key == "receive" ? "ALLOW_ALL" : "ALLOW_INTERNAL_ONLY"',
        new='"ALLOW_ALL"',
        caught="has ingress ALLOW_ALL",
    ),
    "no dead letters for changes": Mutation(
        file="queue.tf",
        old="dead_letter_topic     = google_pubsub_topic.dead[each.key].id",
        new='dead_letter_topic     = google_pubsub_topic.queue["changes"].id',
        caught="which nobody keeps",
    ),
    "dead letters nobody keeps": Mutation(
        file="queue.tf",
        old='"dead" {\n  for_each                   = local.queues\n  name                       =',
        new='"dead" {\n  for_each                   = {}\n  name                       =',
        caught="which nobody keeps",
    ),
    "Pub/Sub may not give up": Mutation(
        file="queue.tf",
        old='role         = "roles/pubsub.subscriber"',
        new='role         = "roles/pubsub.viewer"',
        caught="Pub/Sub may not take messages from",
    ),
    "the first key in the state": Mutation(
        file="secrets.tf",
        old='secret_data_wo         = "k1 1970-01-01T00:00:00+00:00 '
        '${ephemeral.random_password.signing_key.result}\\n"\n  secret_data_wo_version = 1',
        new='secret_data = "k1 1970-01-01T00:00:00+00:00 ${random_password.key.result}"',
        caught="no_secret_is_written_down",
    ),
    "an ephemeral value where it would be stored": Mutation(
        file="secrets.tf",
        old="secret_data_wo         =",
        new="secret_data            =",
        caught="Invalid use of ephemeral value",
    ),
    "the first key comes back with the plan": Mutation(
        file="secrets.tf",
        old='deletion_policy        = "ABANDON"',
        new='deletion_policy        = "DELETE"',
        caught="can be replaced",
    ),
    "a role too many": Mutation(
        file="identities.tf",
        old='"artifactregistry.writer", "storage.objectViewer"])',
        new='"artifactregistry.writer", "storage.objectViewer", "editor"])',
        caught="build has ('project', 'roles/editor')",
    ),
    "a role too few to build": Mutation(
        file="identities.tf",
        old='toset(["logging.logWriter", "artifactregistry.writer", "storage.objectViewer"])',
        new='toset(["logging.logWriter", "storage.objectViewer"])',
        caught="Build failed",
    ),
    "the store without its condition": Mutation(
        file="identities.tf",
        old='databases/${var.database.name}/\\")"',
        new='databases/\\")"',
        caught="each_account_has_exactly_its_rights",
    ),
    "a variable nobody reads": Mutation(
        file="functions.tf",
        old='"WATCHKEEPER_${setting}" =>',
        new='"WATCHKEEPERS_${setting}" =>',
        caught="settings_are_those_of_the_code",
    ),
    "another topic": Mutation(
        file="functions.tf",
        old='NOTIFICATIONS = local.topics["notifications"]',
        new='NOTIFICATIONS = "projects/${var.project_id}/topics/notification"',
        caught="settings_name_what_exists",
    ),
    "another address": Mutation(
        file="functions.tf",
        old='service = "${local.name}-receive"',
        new='service = "${local.name}-receiver"',
        caught="WATCHKEEPER_ADDRESS is",
    ),
    "more requests than threads": Mutation(
        file="functions.tf",
        old="THREADS = tostring(each.value.concurrency)",
        new='THREADS = "4"',
        caught="serves 4 requests at once",
    ),
    "one instance for a burst": Mutation(
        file="variables.tf",
        old="max_instances = optional(number, 20)",
        new="max_instances = optional(number, 1)",
        caught="a_burst_is_served",
    ),
    "the audience is another function": Mutation(
        file="schedule.tf",
        old='audience              = google_cloudfunctions2_function.this["renew"]',
        new='audience              = google_cloudfunctions2_function.this["sync"]',
        caught="the_clock_calls_renew",
    ),
    "a tick outlives the clock's patience": Mutation(
        file="schedule.tf",
        old='attempt_deadline = "120s"',
        new='attempt_deadline = "60s"',
        caught="does not wait for the tick",
    ),
    "pushes end before sync does": Mutation(
        file="queue.tf",
        old="ack_deadline_seconds       = 600",
        new="ack_deadline_seconds       = 300",
        caught="is repeated while it is worked on",
    ),
    "jobs without order": Mutation(
        file="queue.tf",
        old='notifications = { pushed_to = "sync", ordered = true',
        new='notifications = { pushed_to = "sync", ordered = false',
        caught="is ordered wrongly",
    ),
    "subscriptions that expire": Mutation(
        file="queue.tf",
        old='ttl = "" # else it goes after 31 idle days',
        new='ttl = "2678400s"',
        caught="goes after a month without messages",
    ),
    "the wrong entry point": Mutation(
        file="functions.tf",
        old="entry_point       = each.key",
        new='entry_point       = "main"',
        caught="each_function_runs_as_its_own_account",
    ),
    "a service that is not switched on": Mutation(
        file="apis.tf", old='"pubsub", ', new="", caught="SERVICE_DISABLED"
    ),
    "metrics before their service": Mutation(
        file="monitoring.tf",
        old="  depends_on  = [google_project_service.this]\n\n  label_extractors",
        new="\n  label_extractors",
        caught="SERVICE_DISABLED",
    ),
    "the right to call made too late": Mutation(
        file="schedule.tf",
        old="depends_on = [google_cloud_run_v2_service_iam_member.caller]",
        new="",
        caught="does not wait for google_cloud_run_v2_service_iam_member.caller",
    ),
    "one version of the keys for ever": Mutation(
        file="functions.tf",
        old='version = "latest"',
        new='version = "1"     ',
        caught="does not mount the newest version",
    ),
    "the keys are mounted where they may not be read": Mutation(
        file="functions.tf",
        old="contains(local.readers, each.key) ? [",
        new='contains(["receive", "sync"], each.key) ? [',
        caught="watchkeeper-sync may not read signing-keys",
    ),
    "numbers that are no texts": Mutation(
        file="documents.tf",
        old='jsonencode({ integerValue = try(tostring(each.value), "") })',
        new="jsonencode({ integerValue = each.value })",
        caught="one has the number 1000",
    ),
    "empty maps in documents": Mutation(
        file="documents.tf",
        old=' if length([for each in local.encoded : 0 if each.below == "${watch.id}.params"]) > 0',
        new="",
        caught="one has an empty dict",
    ),
    "a metric of a line that nobody writes": Mutation(
        file="monitoring.tf",
        old='messages = ["tick"]',
        new='messages = ["ticked"]',
        caught="test_metrics_look_for_lines_that_are_written",
    ),
    "a metric of a field that nobody writes": Mutation(
        file="monitoring.tf",
        old='field = "lag_seconds"',
        new='field = "lag"        ',
        caught="test_metrics_look_for_lines_that_are_written",
    ),
    "a metric that nobody looks at": Mutation(
        file="monitoring.tf",
        old="sum(increase(${local.series.unreadable}{${local.on_run}}[1h])) + ",
        new="",
        caught="test_alerts_and_charts_ask_for_metrics_that_are_made",
    ),
    "a collection that never ends": Mutation(
        file="state.tf",
        old='"seen", "unreadable"]',
        new='"seen"]',
        caught="test_collections_are_those_of_the_code",
    ),
    "packed memory in an index": Mutation(
        file="state.tf",
        old='{ seen = "*", handled = "body" }',
        new='{ handled = "body" }',
        caught="test_collections_are_those_of_the_code",
    ),
    "a topic of another name": Mutation(
        file="queue.tf",
        old="  name                       = each.key\n  message_retention",
        new='  name                       = "${local.name}-${each.key}"\n  message_retention',
        caught="test_topics_and_secrets_have_the_names_of_the_code",
    ),
    "no region for what has an order": Mutation(
        file="functions.tf",
        old='PUBSUB        = "${var.region}-pubsub.googleapis.com"',
        new='PUBSUB        = ""',
        caught="publishes without order",
    ),
}


@pytest.mark.parametrize(
    "name",
    [pytest.param(name, marks=[] if name in ALWAYS else [pytest.mark.soak]) for name in MUTATIONS],
)
def test_mutation_is_caught(untouched: Deployment, standin: Path, name: str) -> None:
    """Terraform, the stand-in, the order of creation or a guard refuses what was broken."""
    mutation = MUTATIONS[name]
    path = untouched.configuration / mutation.file
    text = path.read_text()
    assert mutation.old in text, "the configuration has changed: write this mutation anew"
    path.write_text(text.replace(mutation.old, mutation.new))
    if "random_password.key" in mutation.new:
        key = 'resource "random_password" "key" {\n  length = 48\n}\n'
        path.write_text(path.read_text() + key)
    told = findings(untouched, standin)
    assert mutation.caught in told, told[-3000:]


def findings(deployment: Deployment, standin: Path) -> str:
    """Give all that notices something, as one text."""
    deployment.variables(VALUES)
    applied = deployment.run("apply", "-auto-approve")
    if applied.status != 0:
        return re.sub(r"\s+", " ", applied.text)
    found = [*faults(deployment), deployment.missing_order(standin)]
    for check in CHECKS:
        try:
            check(deployment)
        except AssertionError:
            found.append(check.__name__)
    return "\n".join(found)


@pytest.mark.soak
def test_what_is_not_broken_is_found_good(untouched: Deployment, standin: Path) -> None:
    """Without any mutation nothing is noticed: what is found above is found for its reason."""
    assert findings(untouched, standin).strip() == ""
