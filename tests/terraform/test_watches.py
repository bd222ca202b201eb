"""`var.watches` and `watches.yaml` are one language: the same rules, the same watches."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
import requests

from functions.declared.declaration import check_watch, check_watches, read_watch
from functions.declared.watching import readable_watch
from functions.domain.errors import Invalid
from infra.cloud.firestore_store import FirestoreStore, connect
from tests.terraform.deployment import ROOT, Deployment
from tests.terraform.examples import BAD, BAD_AT_ONCE, GOOD
from tests.terraform.schema import FILE, rules

slow = pytest.mark.timeout(300)


def test_the_rules_are_those_of_the_code() -> None:
    """terraform/watches.json is what the code says; else: make terraform-schema."""
    assert json.loads(FILE.read_text()) == json.loads(json.dumps(rules()))


def test_good_examples_are_good() -> None:
    """The code takes what Terraform is given below."""
    assert list(check_watches(GOOD)) == []


@pytest.mark.parametrize("name", BAD)
def test_bad_examples_are_bad(name: str) -> None:
    """The code refuses what Terraform must refuse, at the same key."""
    document, place = BAD[name]
    faults = [str(fault) for fault in check_watch({"id": name, **document})]
    top = place.split(".")[0].split("[")[0]
    assert any(fault.startswith(top) for fault in faults), faults


def test_every_bad_value_is_named(judge: Deployment) -> None:
    """One plan names every bad watch and key, and nothing of the good ones beside them."""
    bad = [{"id": name, **document} for name, (document, _) in BAD.items()]
    judge.variables({"watches": [*GOOD, *bad]})
    outcome = judge.run("plan")
    assert outcome.status == 1
    told = " ".join(outcome.text.split())
    missing = [name for name, (_, place) in BAD.items() if f"{name}.{place}" not in told]
    assert missing == []
    assert [watch["id"] for watch in GOOD if f" {watch['id']}." in told] == []


def test_good_watches_are_taken(judge: Deployment) -> None:
    """Terraform has nothing to say of what the code takes."""
    judge.variables({"watches": GOOD})
    assert judge.run("plan").status == 0


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("project_id", "My Project"),
        ("region", "mars"),
        ("scheduler_region", "europe-north1"),
        ("receiver_url", "http://hooks.example.com"),
        ("public_access", "everybody"),
        ("receive", {"concurrency": 0}),
        ("forward_secrets", ["oauth-x"]),
        ("database", {"name": "X"}),
        ("download_bucket", "Downloads"),
        ("notification_channel", "somebody"),
        ("silent_minutes", 1.5),
    ],
)
def test_other_bad_input_is_refused_by_name(judge: Deployment, name: str, value: Any) -> None:
    """The message begins with the variable's name."""
    judge.variables({name: value})
    outcome = judge.run("plan")
    assert outcome.status == 1
    assert f"\n{name}: " in outcome.text


def test_handlers_that_nothing_would_run_are_refused(judge: Deployment) -> None:
    """Who leaves `handle` out cannot declare handlers: their changes would wait for nobody."""
    judge.variables({"watches": GOOD, "handlers": False})
    outcome = judge.run("plan")
    assert outcome.status == 1
    assert "\nhandlers: " in outcome.text
    assert "drive-handled" in outcome.text
    judge.variables({"watches": [GOOD[0], {**GOOD[2], "handle": []}], "handlers": False})
    assert judge.run("plan").status == 0


@pytest.mark.parametrize("used", ["as it is", "with everything"])
def test_the_example_is_good(judge: Deployment, used: str) -> None:
    """The example can be used as it is, and with all that is commented out."""
    text = (ROOT / "terraform" / "terraform.tfvars.example").read_text()
    if used == "with everything":
        text = re.sub(r"^( *)# (?=.*(?: = |[{}]))", r"\1", text, flags=re.MULTILINE)
        text = text.replace("handlers        = false", "handlers        = true")
        assert len(re.findall(r"^\w+ +=", text, re.MULTILINE)) > 15
        assert text.count("id      =") == 3
    (judge.configuration / "terraform.tfvars").write_text(text)
    outcome = judge.run("plan")
    assert outcome.status == 0, outcome.text


def test_what_is_no_list_of_watches_is_refused(judge: Deployment) -> None:
    """Shape, ids, sources, keys and durations are refused by the variable's name, clearly."""
    for what, value in BAD_AT_ONCE:
        assert not isinstance(value, list) or list(check_watches(value)), what
        judge.variables({"watches": value})
        outcome = judge.run("plan")
        assert outcome.status == 1, what
        assert "watches: " in outcome.text, what
        assert "Invalid value for variable" in outcome.text, what
        assert "Unsupported attribute" not in outcome.text, what


@slow
def test_documents_read_as_declared(
    full: Deployment, firestore_emulator: str, project: str
) -> None:
    """What Terraform writes is read by the code's own loader as if from watches.yaml."""
    _load(full, firestore_emulator, project)
    client = connect(project)
    try:
        stored = dict(FirestoreStore(client).declarations())
    finally:
        client.close()  # type: ignore[no-untyped-call]
    assert set(stored) == {watch["id"] for watch in GOOD}
    for watch in GOOD:
        found = readable_watch(watch["id"], stored[watch["id"]], short_polls=False)
        assert not isinstance(found, Invalid), found
        assert found == read_watch({**watch, "managed_by": "terraform"})


@slow
def test_the_revision_is_written_last_and_changes_with_the_watches(mine: Deployment) -> None:
    """An edit changes `control/declared`; one watch removed is one document deleted."""
    before = _fields(mine, "declared")["revision"]
    values = json.loads((mine.configuration / "terraform.tfvars.json").read_text())
    mine.variables({**values, "watches": GOOD[1:]})
    plan = mine.apply()
    assert f'google_firestore_document.watch["{GOOD[0]["id"]}"] will be destroyed' in plan
    assert "Plan: 0 to add, 2 to change, 1 to destroy" in plan  # the revision, and its hash
    assert _fields(mine, "declared")["revision"] != before
    assert GOOD[0]["id"] not in mine.resources("google_firestore_document")
    graph = (mine.configuration / "documents.tf").read_text()
    assert "depends_on = [google_firestore_document.watch]" in graph


def _fields(deployment: Deployment, name: str) -> dict[str, Any]:
    fields: dict[str, Any] = json.loads(
        deployment.resource("google_firestore_document", name)["fields"]
    )
    return fields


def _load(deployment: Deployment, address: str, project: str) -> None:
    """Write the documents of the world into the emulator, as Terraform's provider would."""
    root = f"http://{address}/v1/projects/{project}/databases/(default)/documents"
    for name, document in deployment.resources("google_firestore_document").items():
        answer = requests.post(
            f"{root}/{document['collection']}",
            params={"documentId": name},
            json={"fields": json.loads(document["fields"])},
            headers={"Authorization": "Bearer owner"},
            timeout=10,
        )
        assert answer.status_code == 200, answer.text
