"""What must hold of every deployment, each as a function from what exists to the faults found.

`GUARDS` has them all: the tests hold good deployments to them, and such as were broken on purpose.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import PurePosixPath
from typing import Any

from infra.settings import VARIABLES
from tests.terraform.deployment import NUMBER, PROJECT, Deployment

PRIVATE = {"renew": "scheduler", "sync": "push", "handle": "push"}
TOKEN_CREATOR = "roles/iam.serviceAccountTokenCreator"
STORE, SECRETS = "roles/datastore.user", "roles/secretmanager.secretAccessor"
KEEPER = {
    ("project", STORE, "database"),
    ("project", SECRETS, "oauth"),
    ("workspace", TOKEN_CREATOR),
}
PUBSUB = f"serviceAccount:service-{NUMBER}@gcp-sa-pubsub.iam.gserviceaccount.com"

# Every right of every account: of which thing, which role, under which condition. Nothing else.
RIGHTS: dict[str, set[tuple[str, ...]]] = {
    "receive": {("signing-keys", SECRETS), ("notifications", "roles/pubsub.publisher")},
    "renew": KEEPER | {("signing-keys", SECRETS), ("notifications", "roles/pubsub.publisher")},
    "sync": KEEPER
    | {("notifications", "roles/pubsub.publisher"), ("changes", "roles/pubsub.publisher")},
    "handle": KEEPER
    | {
        ("forward-key", SECRETS),
        ("declared-elsewhere", SECRETS),
        ("demo-project-downloads", "roles/storage.objectUser"),
    },
    "scheduler": {("watchkeeper-renew", "roles/run.invoker")},
    "push": {
        ("watchkeeper-sync", "roles/run.invoker"),
        ("watchkeeper-handle", "roles/run.invoker"),
    },
    "build": {
        ("project", "roles/logging.logWriter"),
        ("project", "roles/artifactregistry.writer"),
        ("project", "roles/storage.objectViewer"),
    },
    "workspace": set(),
}

Guard = Callable[[Deployment], Iterator[str]]


def grants(deployment: Deployment) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Give each grant: to whom, and of which thing, role and kind of condition."""
    targets = ("name", "topic", "subscription", "secret_id", "bucket", "dataset_id")
    kinds = [path.name for path in deployment.world.iterdir() if path.name.endswith("_iam_member")]
    for kind in kinds:
        for grant in deployment.resources(kind).values():
            target = next((grant[name] for name in targets if grant.get(name)), "project")
            if kind == "google_service_account_iam_member":
                target = grant["service_account_id"].split("watchkeeper-")[1].split("@")[0]
            condition = [_condition(each["expression"]) for each in grant.get("condition") or []]
            name = PurePosixPath(target).name
            yield grant["member"], (name, grant["role"], *condition)


def _condition(expression: str) -> str:
    known = {
        f'resource.name.startsWith("projects/{NUMBER}/secrets/oauth-")': "oauth",
        f'resource.name == "projects/{PROJECT}/databases/(default)" || '
        f'resource.name.startsWith("projects/{PROJECT}/databases/(default)/")': "database",
    }
    return known.get(expression, expression)


def each_account_has_exactly_its_rights(deployment: Deployment) -> Iterator[str]:
    """Least privilege: no account has a right too many, none lacks one."""
    found: dict[str, set[tuple[str, ...]]] = {name: set() for name in RIGHTS}
    for member, right in grants(deployment):
        name = member.removeprefix("serviceAccount:watchkeeper-").split("@")[0]
        if name in found:
            found[name].add(right)
        elif member.endswith(f"@{PROJECT}.iam.gserviceaccount.com"):
            yield f"{member} is no account of the list"
    for name, rights in found.items():
        yield from (f"{name} has {right}" for right in sorted(rights - RIGHTS[name]))
        yield from (f"{name} lacks {right}" for right in sorted(RIGHTS[name] - rights))


def only_receive_is_public(deployment: Deployment) -> Iterator[str]:
    """Anybody may call `receive`, nobody from outside anything else."""
    public = {right for member, right in grants(deployment) if member.startswith("all")}
    if public != {("watchkeeper-receive", "roles/run.invoker")}:
        yield f"public is {sorted(public)}"
    for name, function in deployment.resources("google_cloudfunctions2_function").items():
        ingress = function["service_config"][0]["ingress_settings"]
        if (ingress == "ALLOW_ALL") != (name == "watchkeeper-receive"):
            yield f"{name} has ingress {ingress}"


def each_function_runs_as_its_own_account(deployment: Deployment) -> Iterator[str]:
    """A function is named like its entry point, which names its account."""
    functions = deployment.resources("google_cloudfunctions2_function")
    entries = {}
    for name, function in functions.items():
        entry = entries[name] = function["build_config"][0]["entry_point"]
        account = function["service_config"][0]["service_account_email"]
        if account.split("@")[0] != f"watchkeeper-{entry}" or name != f"watchkeeper-{entry}":
            yield f"{name} runs {entry} as {account}"
        builder = function["build_config"][0]["service_account"]
        if "watchkeeper-build@" not in builder:
            yield f"{name} is built by {builder}"
    if set(entries.values()) != {"receive", *PRIVATE}:
        yield f"the entry points are {sorted(entries.values())}"


def settings_are_those_of_the_code(deployment: Deployment) -> Iterator[str]:
    """Each function has the variables that it needs, and none that nobody reads."""
    for name, function in deployment.resources("google_cloudfunctions2_function").items():
        entry = name.removeprefix("watchkeeper-")
        config = function["service_config"][0]
        given = config["environment_variables"]
        for variable in VARIABLES:
            used = variable.used_by == "all" or entry in variable.used_by.split(", ")
            if used and variable.default is None and variable.name not in given:
                yield f"{name} lacks {variable.name}"
        known = {variable.name for variable in VARIABLES} | {"THREADS", "LOG_EXECUTION_ID"}
        yield from (f"{name} has {each}" for each in sorted(set(given) - known))
        if given.get("THREADS") != str(config["max_instance_request_concurrency"]):
            yield f"{name} serves {given.get('THREADS')} requests at once"


def settings_name_what_exists(deployment: Deployment) -> Iterator[str]:
    """Topics, database, address, account and the mounted keys are those that were made."""
    topics = {topic["id"] for topic in deployment.resources("google_pubsub_topic").values()}
    databases = set(deployment.resources("google_firestore_database"))
    accounts = {each["email"] for each in deployment.resources("google_service_account").values()}
    receive = deployment.resource("google_cloudfunctions2_function", "watchkeeper-receive")
    for name, function in deployment.resources("google_cloudfunctions2_function").items():
        config = function["service_config"][0]
        given = config["environment_variables"]
        expected: dict[str, set[Any]] = {
            "WATCHKEEPER_NOTIFICATIONS": topics,
            "WATCHKEEPER_CHANGES": topics,
            "WATCHKEEPER_GMAIL": topics,
            "WATCHKEEPER_DATABASE": databases,
            "WATCHKEEPER_WORKSPACE": accounts,
            "WATCHKEEPER_PROJECT": {PROJECT},
            "WATCHKEEPER_PUBSUB": {f"{function['location']}-pubsub.googleapis.com"},
            "WATCHKEEPER_ADDRESS": {receive["service_config"][0]["uri"]},
            "WATCHKEEPER_KEYS": {
                f"{volume['mount_path']}/{volume['versions'][0]['path']}"
                for volume in config["secret_volumes"] or []
            },
        }
        for variable, allowed in expected.items():
            if variable in given and given[variable] not in allowed:
                yield f"{name}: {variable} is {given[variable]}"
        if "WATCHKEEPER_PUBSUB" not in given:  # it has a default, for one machine
            yield f"{name}: publishes without order"


def every_mounted_secret_may_be_read(deployment: Deployment) -> Iterator[str]:
    """Who mounts a secret has the right to read it, and its newest version is mounted."""
    may = set(grants(deployment))
    for name, function in deployment.resources("google_cloudfunctions2_function").items():
        config = function["service_config"][0]
        for volume in config["secret_volumes"] or []:
            member = f"serviceAccount:{config['service_account_email']}"
            if (member, (volume["secret"], SECRETS)) not in may:
                yield f"{name} may not read {volume['secret']}"
            if volume["versions"][0]["version"] != "latest" or volume["project_id"] != NUMBER:
                yield f"{name} does not mount the newest version"


def every_queue_has_its_dead_letters(deployment: Deployment) -> Iterator[str]:
    """What cannot be delivered is kept: topic, subscription, and Pub/Sub's rights to both."""
    may = set(grants(deployment))
    subscriptions = deployment.resources("google_pubsub_subscription")
    kept = {PurePosixPath(each["topic"]).name for each in subscriptions.values()}
    for name, subscription in subscriptions.items():
        if (subscription["expiration_policy"] or [{}])[0].get("ttl") != "":
            yield f"{name} goes after a month without messages"
        if name.endswith("-dead"):
            continue
        policy = (subscription["dead_letter_policy"] or [{}])[0]
        dead = PurePosixPath(policy.get("dead_letter_topic") or "none").name
        if dead != f"{PurePosixPath(subscription['topic']).name}-dead" or dead not in kept:
            yield f"{name} gives up to {dead}, which nobody keeps"
        if (PUBSUB, (dead, "roles/pubsub.publisher")) not in may:
            yield f"Pub/Sub may not publish to {dead}"
        if (PUBSUB, (name, "roles/pubsub.subscriber")) not in may:
            yield f"Pub/Sub may not take messages from {name}"


def pushes_are_private_and_patient(deployment: Deployment) -> Iterator[str]:
    """Each push goes to a function's own address, with a token for it, and waits for its end."""
    functions = deployment.resources("google_cloudfunctions2_function")
    by_uri = {each["service_config"][0]["uri"]: each for each in functions.values()}
    wanted = {"notifications-sync", "gmail-sync", "changes-handle"}
    pushed = {
        n: s for n, s in deployment.resources("google_pubsub_subscription").items() if n in wanted
    }
    yield from (f"{name} is missing" for name in sorted(wanted - set(pushed)))
    for name, subscription in pushed.items():
        push = subscription["push_config"][0]
        token = (push["oidc_token"] or [{}])[0]
        function = by_uri.get(push["push_endpoint"], {"name": "", "service_config": [{}]})
        if not function["name"].endswith(name.split("-")[1]):
            yield f"{name} pushes to {push['push_endpoint']}"
        if token.get("audience") != push["push_endpoint"]:
            yield f"{name} has the audience {token.get('audience')}"
        if not str(token.get("service_account_email")).startswith("watchkeeper-push@"):
            yield f"{name} pushes as {token.get('service_account_email')}"
        if subscription["ack_deadline_seconds"] <= (
            function["service_config"][0].get("timeout_seconds") or 0
        ):
            yield f"{name} is repeated while it is worked on"
        if bool(subscription["enable_message_ordering"]) == (name == "gmail-sync"):
            yield f"{name} is ordered wrongly"
        if (subscription["retry_policy"] or [{}])[0].get("maximum_backoff") != "600s":
            yield f"{name} is repeated impatiently"


def the_clock_calls_renew(deployment: Deployment) -> Iterator[str]:
    """Once a minute, with a token for the address called, waiting longer than a tick may take."""
    job = deployment.resource("google_cloud_scheduler_job", "watchkeeper-renew")
    renew = deployment.resource("google_cloudfunctions2_function", "watchkeeper-renew")
    config, target = renew["service_config"][0], job["http_target"][0]
    token = (target["oidc_token"] or [{}])[0]
    if (target["uri"], token.get("audience")) != (config["uri"], config["uri"]):
        yield f"the job calls {target['uri']} with a token for {token.get('audience')}"
    if not str(token.get("service_account_email")).startswith("watchkeeper-scheduler@"):
        yield "the job calls as somebody else"
    if job["schedule"] != "* * * * *" or not (job["retry_config"] or [{}])[0].get("retry_count"):
        yield "the job does not run each minute, or is not repeated"
    if int(job["attempt_deadline"].rstrip("s")) <= config["timeout_seconds"]:
        yield "the job does not wait for the tick"


def a_burst_is_served(deployment: Deployment) -> Iterator[str]:
    """Every function has a limit, and that of `receive` holds a burst: 429 is a lost message."""
    for name, function in deployment.resources("google_cloudfunctions2_function").items():
        config = function["service_config"][0]
        at_once = (config["max_instance_count"] or 0) * config["max_instance_request_concurrency"]
        if at_once < {"watchkeeper-receive": 800, "watchkeeper-renew": 2}.get(name, 200):
            yield f"{name} serves {at_once} at once"
        if config["max_instance_request_concurrency"] > 1 and config["available_cpu"] != "1":
            yield f"{name} has a part of a CPU for many requests"


def no_secret_is_written_down(deployment: Deployment) -> Iterator[str]:
    """The first key is neither in the state nor in what exists, and is never taken back."""
    for path in deployment.texts():
        if "1970-01-01T00:00:00+00:00" in path.read_text():
            yield f"{path.name} holds the first signing key"
    for name, version in deployment.resources("google_secret_manager_secret_version").items():
        if version["secret_data_wo_version"] != "1" or version["deletion_policy"] != "ABANDON":
            yield f"{name} can be replaced"
    versions = deployment.resources("google_secret_manager_secret_version")
    if set(versions) != {"signing-keys--1"}:
        yield f"there are the versions {sorted(versions)}"


def documents_compare_as_equal(deployment: Deployment) -> Iterator[str]:
    """Firestore writes numbers as texts and nothing for what is empty: else each plan differs."""
    for name, document in deployment.resources("google_firestore_document").items():
        yield from (f"{name} has {each}" for each in _unlike(json.loads(document["fields"])))


def _unlike(value: Any) -> Iterator[str]:
    if value is None or value in ({}, []):
        yield f"an empty {type(value).__name__}"
    elif isinstance(value, dict):
        if not isinstance(value.get("integerValue", ""), str):
            yield f"the number {value['integerValue']}"
        for each in value.values():
            yield from _unlike(each)
    elif isinstance(value, list):
        for each in value:
            yield from _unlike(each)


# What the order of creation must be although no argument says so: rights before their first use.
BEFORE = {
    "google_cloud_scheduler_job.renew": {"google_cloud_run_v2_service_iam_member.caller"},
    "google_pubsub_subscription.push": {
        "google_cloud_run_v2_service_iam_member.caller",
        "google_pubsub_topic_iam_member.dead",
        "time_sleep.grants",
    },
    "google_cloudfunctions2_function.this": {
        "google_project_iam_member.build",
        "google_project_iam_member.consents",
        "google_project_iam_member.store",
        "google_pubsub_topic_iam_member.publisher",
        "google_secret_manager_secret_iam_member.forward",
        "google_secret_manager_secret_iam_member.signing_keys",
        "google_service_account_iam_member.workspace",
        "time_sleep.grants",
    },
    "google_firestore_document.declared": {"google_firestore_document.watch"},
    "google_firestore_document.watch": {"terraform_data.watches"},
}


def rights_come_before_their_use(deployment: Deployment) -> Iterator[str]:
    """What Google would refuse or lose for want of a right waits for it; revisions come last."""
    for resource in json.loads(deployment.state.read_text())["resources"]:
        address = f"{resource['type']}.{resource['name']}"
        for instance in resource["instances"]:
            missing = BEFORE.get(address, set()) - set(instance.get("dependencies", []))
            yield from (f"{address} does not wait for {each}" for each in sorted(missing))
            if resource["type"].startswith("google_") and resource["mode"] != "data":
                yield from _not_enabled_first(address, instance)


def _not_enabled_first(address: str, instance: Any) -> Iterator[str]:
    if "google_project_service.this" in {address, *instance.get("dependencies", [])}:
        return
    yield f"{address} does not wait for its service"


GUARDS: tuple[Guard, ...] = (
    each_account_has_exactly_its_rights,
    only_receive_is_public,
    each_function_runs_as_its_own_account,
    settings_are_those_of_the_code,
    settings_name_what_exists,
    every_mounted_secret_may_be_read,
    every_queue_has_its_dead_letters,
    pushes_are_private_and_patient,
    the_clock_calls_renew,
    a_burst_is_served,
    no_secret_is_written_down,
    documents_compare_as_equal,
    rights_come_before_their_use,
)


def faults(deployment: Deployment) -> list[str]:
    """Give all faults of a deployment, each with the guard that found it."""
    return [f"{guard.__name__}: {fault}" for guard in GUARDS for fault in guard(deployment)]
