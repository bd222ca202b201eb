"""A deployment's life after the first apply: upgrades, a lost key version, the end."""

from __future__ import annotations

import json
import re
import subprocess
import zipfile
from pathlib import Path

import pytest

from tests.terraform.conftest import SetUp
from tests.terraform.deployment import PROJECT, ROOT, Deployment
from tests.terraform.examples import FULL, GOOD

pytestmark = pytest.mark.timeout(600)

OLDEST = "7.43.0"  # what versions.tf still allows


def test_upgrade_from_the_oldest_provider(
    set_up: SetUp, config: Path, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    """A state of the oldest allowed provider is taken over by the newest: nothing to change.

    Then a new version of the sources: the functions are updated in place, nothing is replaced
    but the archive, so that addresses, rights, keys and channels live on.
    """
    older = set_up(OLDEST)
    deployment = Deployment.copy(tmp_path / "deployment", older)
    request.addfinalizer(deployment.detach)
    deployment.apply({**FULL, "audit_log": False})
    deployment.must("init", "-upgrade", config=config)
    assert deployment.differences(config=config) == ""

    main = deployment.folder / "main.py"
    main.write_text(main.read_text() + "\n# another version\n")
    told = deployment.apply(config=config)
    assert "Apply complete! Resources: 1 added, 4 changed, 1 destroyed." in told
    assert re.findall(r"# (\S+) must be replaced", told) == ["google_storage_bucket_object.source"]


def released() -> list[str]:
    """Name the releases that git knows, oldest first."""
    asked = ["git", "tag", "--list", "v*", "--sort=v:refname"]
    ended = subprocess.run(asked, cwd=ROOT, capture_output=True, text=True, check=False)
    return ended.stdout.split()


@pytest.mark.skipif(not released(), reason="there is no release yet to upgrade from")
def test_upgrade_from_the_previous_release(
    config: Path, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    """The state of the newest release is taken over, and nothing that keeps state is lost."""
    archive = tmp_path / "release.tar"
    asked = ["git", "archive", "--output", str(archive), released()[-1]]
    subprocess.run(asked, cwd=ROOT, check=True)
    folder = tmp_path / "deployment"
    folder.mkdir()
    subprocess.run(["tar", "-xf", archive, "-C", folder], check=True)
    override = 'terraform {\n  backend "local" {}\n}\n'
    (folder / "terraform" / "local_override.tf").write_text(override)
    before = Deployment(folder, config)
    request.addfinalizer(before.detach)
    before.must("init")
    before.apply(FULL)
    after = Deployment.copy(tmp_path / "newer", config)
    request.addfinalizer(after.detach)
    before.state.rename(after.state)
    before.world.rename(after.world)
    told = after.apply(FULL)
    for kept in ("database", "secret", "document", "service_account"):
        assert not re.findall(rf"# google_\w*{kept}\w*\.\S+ (?:must be replaced|will be des)", told)
    assert after.differences() == ""


def test_keys_and_state_survive_the_end(mine: Deployment) -> None:
    """`workspace` refuses to go; without it the rest goes, but for the state of the watches.

    What stayed is taken over by a later apply, as docs/deploy.md says: the same `workspace`.
    """
    refused = mine.run("destroy", "-auto-approve")
    assert refused.status == 1
    assert "google_service_account.workspace" in refused.text
    assert "prevent_destroy" in refused.text
    assert mine.resources("google_cloudfunctions2_function"), "nothing was destroyed"

    mine.must(
        "state",
        "rm",
        "google_service_account.workspace",
        "google_bigquery_table.audit",
        "google_bigquery_dataset.audit",
    )
    mine.must("destroy", "-auto-approve")
    left = {path.parent.name for path in mine.world.glob("google_*/*.json")}
    assert left == {"google_service_account", "google_bigquery_table", "google_bigquery_dataset"}
    behind = {path.parent.name for path in (mine.world / "left-behind").glob("*/*.json")}
    assert "google_firestore_database" in behind
    assert "google_project_service" in behind
    assert json.loads(mine.state.read_text())["resources"] == []

    account = f"watchkeeper-workspace@{PROJECT}.iam.gserviceaccount.com"
    before = mine.resource("google_service_account", "watchkeeper-workspace")["unique_id"]
    mine.variables({**FULL, "audit_log": False, "database": {"create": False}})
    mine.must(
        "import",
        "google_service_account.workspace",
        f"projects/{PROJECT}/serviceAccounts/{account}",
    )
    mine.apply()
    assert mine.resource("google_service_account", "watchkeeper-workspace")["unique_id"] == before


@pytest.mark.soak
def test_a_restored_database_is_taken_over(untouched: Deployment) -> None:
    """A clone under another name becomes the store, as docs/deploy.md says; the old one stays."""
    untouched.apply({"watches": GOOD[:1]})
    _clone(untouched, "restored")
    untouched.must("state", "rm", "google_firestore_document.declared")
    untouched.must("state", "rm", "google_firestore_document.watch")
    restored = {"name": "restored", "create": False}
    untouched.variables({"watches": GOOD[:1], "database": restored})
    documents = f"projects/{PROJECT}/databases/restored/documents"
    name = GOOD[0]["id"]
    watch = f'google_firestore_document.watch["{name}"]'
    untouched.must("import", watch, f"{documents}/watches/{name}")
    untouched.must("import", "google_firestore_document.declared", f"{documents}/control/declared")
    untouched.apply()
    assert untouched.differences() == ""
    for function in ("renew", "sync", "handle"):
        made = untouched.resource("google_cloudfunctions2_function", f"watchkeeper-{function}")
        given = made["service_config"][0]["environment_variables"]
        assert given["WATCHKEEPER_DATABASE"] == "restored"
    assert untouched.resource("google_firestore_document", name)["database"] == "restored"
    assert (untouched.world / "left-behind/google_firestore_database/(default).json").exists()


def _clone(deployment: Deployment, name: str) -> None:
    """Copy the database with its documents, as point-in-time recovery does."""
    for kind in ("google_firestore_database", "google_firestore_document"):
        for path in (deployment.world / kind).glob("*.json"):
            text = path.read_text().replace("(default)", name)
            kept = path.with_stem(path.stem.replace("(default)", name))
            kept.write_text(text)


def test_a_rotated_key_ring_is_left_alone(mine: Deployment) -> None:
    """Later versions are the command line's: whatever becomes of the first, none is added."""
    folder = mine.world / "google_secret_manager_secret_version"
    # Nor is the first one written anew because somebody disabled it.
    first = json.loads((folder / "signing-keys--1.json").read_text())
    later = {**first, "version": "2", "name": first["name"].replace("/1", "/2"), "enabled": True}
    (folder / "signing-keys--2.json").write_text(json.dumps(later))
    disabled = {**first, "enabled": False}
    (folder / "signing-keys--1.json").write_text(json.dumps(disabled))
    plan = mine.differences()
    assert "google_secret_manager_secret_version" not in plan
    # What destroys a version only disables it for a month, in which it can be had back.
    secret = mine.resource("google_secret_manager_secret", "signing-keys")
    assert secret["version_destroy_ttl"] == "2592000s"


def test_the_plan_holds_no_secret(untouched: Deployment) -> None:
    """A plan kept in a file, as in a pipeline, has the key nowhere, however it is read."""
    untouched.variables({})
    untouched.must("plan", "-out=kept.plan")
    shown = untouched.must("show", "-json", "kept.plan")
    assert "google_secret_manager_secret_version" in shown
    values = json.dumps([json.loads(shown)[key] for key in ("planned_values", "resource_changes")])
    assert "1970-01-01" not in values
    with zipfile.ZipFile(untouched.configuration / "kept.plan") as kept:
        held = [name for name in kept.namelist() if name.startswith("tf") and "/" not in name]
        assert "tfplan" in held
        assert not [name for name in held if b"1970-01-01" in kept.read(name)]
