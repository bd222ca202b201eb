"""The command line on Firestore: documents are what is declared, and Terraform's are left alone."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path

import pytest
from google.pubsub_v1 import SubscriberClient

from functions.domain.errors import Conflict
from functions.domain.handled import Handled, Outcome
from functions.domain.model import Heard
from infra.cloud.firestore_operating import FirestoreOperating
from infra.cloud.firestore_store import FirestoreStore, connect
from infra.cloud.pubsub import PubsubChanges
from infra.cloud.pubsub_setup import set_up
from infra.cloudevent import Encoded
from tests.contracts.store_examples import NOW, becomes, channel, progress
from tests.machine.conftest import Run, run

__all__ = ["run"]

TERRAFORMED: dict[str, object] = {"source": "drive.changes", "managed_by": "terraform"}


@pytest.fixture
def store(firestore_emulator: str, project: str) -> Iterator[FirestoreStore]:
    """Give a store in which Terraform has declared one watch."""
    client = connect(project)
    store = FirestoreStore(client)
    store.declare({"tf": TERRAFORMED}, revision="r1")
    yield store
    client.close()  # type: ignore[no-untyped-call]


def test_apply_leaves_terraforms_watches(
    run: Run, store: FirestoreStore, project: str, tmp_path: Path
) -> None:
    """An apply writes and removes its own watches alone, and then the revision."""
    file = tmp_path / "watches.yaml"
    for ids in ("ab", "bc"):
        file.write_text(
            json.dumps({"watches": [{"id": id_, "source": "drive.changes"} for id_ in ids]})
        )
        ended = run("apply", "--project", project, "--watches", "watches.yaml")
        assert ended.status == 0, ended.err
        assert set(dict(store.declarations())) == {"tf", *ids}
    assert dict(store.declarations())["tf"] == TERRAFORMED
    assert store.revision() not in {None, "r1"}


@pytest.mark.parametrize("command", [("pause",), ("remove",), ("resume",)])
def test_terraforms_watches_are_not_edited(
    run: Run, store: FirestoreStore, project: str, command: tuple[str, ...]
) -> None:
    """What Terraform manages is refused with the next step, and stays as it is."""
    ended = run("watch", *command, "tf", "--project", project)
    assert ended.status == 2
    assert "terraform apply" in ended.err
    assert dict(store.declarations()) == {"tf": TERRAFORMED}
    assert store.revision() == "r1"


def test_terraforms_ids_are_not_reused(
    run: Run, store: FirestoreStore, project: str, tmp_path: Path
) -> None:
    """Neither a file nor a command may declare an id of Terraform's."""
    (tmp_path / "w.yaml").write_text("watches: [{id: tf, source: drive.changes}]")
    for arguments in (
        ("apply", "--watches", "w.yaml"),
        ("plan", "--watches", "w.yaml"),
        ("watch", "add", "tf", "drive.changes"),
    ):
        assert run(*arguments, "--project", project).status == 2, arguments
    assert dict(store.declarations()) == {"tf": TERRAFORMED}


def test_documents_are_edited(run: Run, store: FirestoreStore, project: str) -> None:
    """A watch is added, paused, resumed and removed as a document."""
    at = ("--project", project)
    assert run("watch", "add", "ana", "drive.changes", *at).status == 0
    assert store.declaration("ana") == {"source": "drive.changes"}
    assert run("watch", "add", "ana", "drive.changes", *at).status == 2
    assert run("watch", "add", "b", "drive.changes", "--poll", "1s", *at).status == 2
    assert run("watch", "pause", "ana", *at).status == 0
    assert store.declaration("ana") == {"source": "drive.changes", "paused": True}
    assert run("watch", "resume", "ana", *at).status == 0
    assert store.declaration("ana") == {"source": "drive.changes"}
    assert run("watch", "remove", "ana", *at).status == 0
    assert store.declaration("ana") is None


def test_plan_and_status_of_a_project(
    run: Run, store: FirestoreStore, project: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without a file the plan is that of the documents; status is that of the store."""
    monkeypatch.setenv("NO_GCE_CHECK", "true")  # no credentials, so no keys are read
    steps = json.loads(run("plan", "--json", "--project", project).out)["steps"]
    assert [(step["watch"], step["act"]) for step in steps] == [("tf", "start")]
    ended = run("status", "--json", "--project", project)
    assert ended.status == 1
    assert [row["state"] for row in json.loads(ended.out)["watches"]] == ["starting"]


def test_channels_of_many_watches(store: FirestoreStore, project: str) -> None:
    """Channels are found for all watches, and for more of them than one query may name."""
    names = [f"w{number}" for number in range(35)]
    for name in names:
        store.change(name, becomes(progress(name), channel(f"c-{name}", name)))
    operating = FirestoreOperating(connect(project))
    assert {one.id for one in operating.all_channels()} == {f"c-{name}" for name in names}
    assert len(list(operating.all_channels(names))) == len(names)
    assert [one.id for one in operating.all_channels(["w3"])] == ["c-w3"]


def test_an_edit_that_lost_is_made_again(store: FirestoreStore, project: str) -> None:
    """An edit stands on what is there when it is written; who always loses says so."""
    operating = FirestoreOperating(connect(project))
    tries = 0

    def edit(stored: object) -> dict[str, dict[str, object]]:
        nonlocal tries
        tries += 1
        if tries < 3:
            store.declare({"tf": {**TERRAFORMED, "ttl": f"{tries}h"}}, revision="other")
        return {"tf": {**TERRAFORMED, "ttl": "9h"}}

    operating.amend(edit, revision="ours")
    assert (tries, store.revision()) == (3, "ours")
    assert dict(store.declarations())["tf"]["ttl"] == "9h"

    def lose(stored: object) -> dict[str, dict[str, object]]:
        nonlocal tries
        tries += 1
        store.declare({"tf": {**TERRAFORMED, "ttl": f"{tries}h"}}, revision="other")
        return {"tf": TERRAFORMED}

    with pytest.raises(Conflict):
        operating.amend(lose, revision="ours")
    assert store.revision() == "other"


def test_what_is_known_of_channels(run: Run, store: FirestoreStore, project: str) -> None:
    """`status` and `channels` read Firestore as they read SQLite, the last notification too."""
    known = progress("tf", heard=(Heard(channel="c1", number=7, at=NOW),))
    store.change("tf", becomes(known, channel("c1", "tf"), channel("d2", "tf")))
    at = ("--project", project)
    row = json.loads(run("status", "--json", *at).out)["watches"][0]
    assert datetime.fromisoformat(row["heard_at"]) == NOW
    listed = json.loads(run("channels", "list", "--json", *at).out)
    assert [(one["id"], one["last_number"]) for one in listed] == [("c1", 7), ("d2", 0)]
    assert json.loads(run("channels", "show", "c", "--json", *at).out)["last_number"] == 7
    assert run("channels", "show", "x", *at).status == 2
    assert run("status", *at).status == 1


def test_a_watch_of_a_project_is_nudged(run: Run, store: FirestoreStore, project: str) -> None:
    """`watch pull` makes it due, `watch reset-cursor` another start."""
    store.change("tf", becomes(progress("tf", identity="before", failures=3)))
    assert run("watch", "pull", "tf", "--project", project).status == 0
    found = store.progress("tf")
    assert found is not None
    assert found.failures == 0
    assert found.due_at is not None
    assert run("watch", "reset-cursor", "tf", "--yes", "--project", project).status == 0
    after = store.progress("tf")
    assert after is not None
    assert after.identity != "before"


def test_a_handler_s_dead_letter_is_seen_by_doctor(
    run: Run, store: FirestoreStore, project: str
) -> None:
    """What a handler gave up is in the store, in the cloud as well."""
    store.note_outcome(
        Handled(key="k", watch="tf", handler="h", outcome=Outcome.DEAD, at=NOW, detail="refused")
    )
    ended = run("doctor", "--json", "--only", "dead letters", "--project", project)
    assert ended.status == 1
    (finding,) = json.loads(ended.out)
    assert finding["text"] == "1 change; the oldest, of tf: refused"
    assert "dead-letters list" in finding["next_step"]


@pytest.mark.parametrize(
    "command",
    [
        ("tail", "--for", "1s"),
        ("replay", "--watch", "ana", "--since", "1h"),
        ("dead-letters", "list"),
    ],
)
def test_without_credentials_the_step_is_told(
    run: Run,
    store: FirestoreStore,
    project: str,
    command: tuple[str, ...],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Who is not logged in is told how, whatever wants Pub/Sub."""
    monkeypatch.setenv("NO_GCE_CHECK", "true")
    monkeypatch.setenv("CLOUDSDK_CONFIG", "/nowhere")
    ended = run(*command, "--project", project)
    assert ended.status == 2
    assert "gcloud auth application-default login" in ended.err


def test_the_topic_is_followed(
    run: Run, store: FirestoreStore, pubsub_emulator: str, project: str
) -> None:
    """`tail --project` shows what is published from its start on, and ends by itself."""
    set_up(project, [])
    changes = PubsubChanges(f"projects/{project}/topics/changes")
    event = {"id": "e1", "watch": "ana", "type": "watchkeeper.drive.changes.file.created"}
    encoded = Encoded(data=json.dumps(event).encode(), attributes={"ce-watch": "ana"})

    def publish() -> None:
        with SubscriberClient() as client:
            parent = f"projects/{project}"
            while not list(client.list_subscriptions(project=parent)):
                time.sleep(0.05)
        changes.repeat("ana", [encoded])

    with ThreadPoolExecutor(1) as pool:
        published = pool.submit(publish)
        ended = run("tail", "--json", "--for", "3s", "--project", project)
        published.result(timeout=10)
    assert [json.loads(line) for line in ended.out.splitlines()] == [event]
