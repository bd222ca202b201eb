"""What is wrong beside coverage is told by `status` and `doctor`, with the step that mends it."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from functions.domain.handled import Handled, Outcome
from functions.domain.handler import Download, read_steps
from functions.domain.model import Verdict
from infra.machine.doctor.finding import Ward
from infra.machine.doctor.handlers import target
from infra.machine.installation import Installation, Site
from infra.machine.wiring import Place
from tests.machine.conftest import Folder, Run

EVERYBODY: dict[str, object] = {
    "id": "all",
    "source": "drive.changes",
    "subject": "*@example.com",
    "admin": "admin@example.com",
}
STEP = "auth check admin@example.com --source directory.users"
REFUSED = "403 notAuthorized"


def row(run: Run, name: str) -> Any:
    """Give what `status --json` says of a watch."""
    rows = json.loads(run("status", "--json").out)["watches"]
    return next(one for one in rows if one["id"] == name)


def findings(run: Run, check: str) -> list[dict[str, Any]]:
    """Give what a check of `doctor` finds, unless it is well."""
    found = json.loads(run("doctor", "--json", "--only", check).out)
    return [one for one in found if one["result"] not in {"ok", "skipped"}]


@pytest.fixture
def domain(folder: Folder) -> Folder:
    """Give a folder with a domain of one member, who is covered."""
    folder.declare(EVERYBODY)
    folder.settle("all:ben@example.com", source="drive.changes", subject="ben@example.com")
    return folder


def refuse(folder: Folder) -> None:
    """Let the last listing have been refused, as all since 40 minutes ago."""
    entry = {"watch": "all", "since": folder.now - timedelta(minutes=40), "reason": REFUSED}
    memo = {"revision": "r1", "compared_at": folder.now, "unlisted": [entry]}
    folder.store.write_control("renew", memo, version=None)


def test_domain_that_cannot_be_listed(run: Run, domain: Folder) -> None:
    """Which one, since when, why, and what to do; its members go on."""
    assert run("status").status == 0
    assert row(run, "all")["unlisted_since"] is None
    refuse(domain)
    ended = run("status")
    assert ended.status == 1
    assert f"all: its users cannot be listed (first failed 40 min ago): {REFUSED}" in ended.out
    assert f"next: {STEP}" in ended.out
    told = row(run, "all")
    assert (told["state"], told["reason"]) == ("failing", REFUSED)
    assert told["unlisted_since"] == (domain.now - timedelta(minutes=40)).isoformat()
    assert told["next_step"].startswith(STEP)
    assert row(run, "all:ben@example.com")["state"] == "covered"


def test_doctor_tells_of_a_domain_that_cannot_be_listed(run: Run, domain: Folder) -> None:
    """The same of `doctor`; of a domain that was removed since nothing is told."""
    assert findings(run, "domains") == []
    refuse(domain)
    (one,) = findings(run, "domains")
    assert (one["result"], one["looked_at"].partition(":")[0]) == ("failed", "all")
    assert REFUSED in one["text"]
    assert one["next_step"].startswith(STEP)
    domain.declare()
    assert findings(run, "domains") == []
    assert json.loads(run("status", "--json").out)["watches"] == []


def test_cursor_that_google_refuses(run: Run, covered: Folder) -> None:
    """`status` and `doctor` name the one command that mends it, and it is taken."""
    reason = "400 invalid: Invalid Value"
    covered.settle("ana", verdict=Verdict.INVALID, reason=reason)
    ended = run("status")
    assert f"ana: {reason}" in ended.out
    assert "next: watch reset-cursor ana " in ended.out
    assert row(run, "ana")["next_step"].startswith("watch reset-cursor ana ")
    (one,) = findings(run, "verdicts")
    assert one["next_step"].startswith("watch reset-cursor ana ")
    assert run("watch", "reset-cursor", "ana", "--yes").status == 0


def test_wrong_declaration_is_not_cured_by_another_cursor(run: Run, covered: Folder) -> None:
    """A document that became wrong parks its watch as invalid, too: it is to be mended."""
    covered.settle("ana", verdict=Verdict.INVALID, reason="unknown source")
    covered.store.declare({"ana": {"source": "drive.gone"}}, revision="r2")
    assert row(run, "ana")["next_step"] == "mend the declaration"
    (one,) = findings(run, "verdicts")
    assert one["next_step"] == "mend the declaration"


FORWARD = {"url": "https://hooks.invalid/x?token=t", "secret": "forward-key"}


def handle(
    folder: Folder, outcome: Outcome, detail: str, *, url: str = FORWARD["url"], **given: Any
) -> None:
    """Declare a webhook of the watch `ana`, and note how it dealt with a change."""
    wanted = {**FORWARD, "url": url}
    document: dict[str, object] = {
        "id": "ana",
        "source": "drive.changes",
        "subject": "ana@example.com",
        "handle": [{"forward": wanted}],
    }
    folder.declare(document)
    folder.settle("ana")
    (step,) = read_steps(({"forward": wanted},))
    usual: dict[str, Any] = {"handler": step.name, "attempts": 3, "event": "e1", **given}
    entry = Handled(
        key=f"{outcome}-{usual}",
        watch="ana",
        outcome=outcome,
        at=folder.now,
        detail=detail,
        **usual,
    )
    folder.store.note_outcome(entry)


def keep(folder: Folder, text: str) -> None:
    """Write the secret that the webhook signs with."""
    path = folder.path / "secrets" / "forward-key"
    path.touch(mode=0o600)
    path.write_text(text)


def test_handler_without_its_secret(run: Run, covered: Folder) -> None:
    """`status` says which handler of which watch fails and why; `doctor` says what to write."""
    handle(covered, Outcome.FAILED, "the secret forward-key is missing or empty")
    ended = run("status")
    assert ended.status == 1
    assert "fails (1 to be tried again): the secret forward-key is missing" in ended.out
    assert "next: doctor --only handlers" in ended.out
    (told,) = row(run, "ana")["handlers"]
    assert (told["waiting"], told["given_up"], told["attempts"]) == (1, 0, 3)
    assert told["error"] == "the secret forward-key is missing or empty"
    secret, *_, waiting = findings(run, "handlers")
    assert secret["text"].startswith("is missing or empty")
    assert "secrets/forward-key (mode 0600)" in secret["next_step"]
    assert "1 change waits for it, tried 3 times: the secret" in waiting["text"]


def test_handler_whose_receiver_has_no_address(run: Run, covered: Folder) -> None:
    """A host that cannot be resolved is told, without the query of its url."""
    handle(covered, Outcome.DONE, "")
    keep(covered, "whsec_b2xkIGtleSBvbGQga2V5IG9sZCBrZXk=")
    (one,) = findings(run, "handlers")
    assert (one["result"], one["looked_at"]) == ("failed", "the receiver https://hooks.invalid/x")
    assert one["text"] == "hooks.invalid cannot be resolved"
    assert run("status").status == 0


def test_secret_that_signs_nothing(run: Run, covered: Folder) -> None:
    """What is no whsec_ secret is told, and never shown."""
    handle(covered, Outcome.DEAD, "the secret to sign with is not one whsec_")
    keep(covered, "whsec_hidde")
    said = findings(run, "handlers")
    assert "whsec_" in said[0]["text"]
    assert "hidde" not in json.dumps(said)
    assert "fails (1 given up): the secret to sign with" in run("status").out
    assert row(run, "ana")["handlers"][0]["next_step"].startswith("dead-letters list")


def test_handler_that_was_edited_since_is_no_concern(run: Run, covered: Folder) -> None:
    """What another handler of the watch failed at is over: the new one has not failed yet."""
    handle(covered, Outcome.FAILED, "503", handler="forward-0000")
    assert row(run, "ana")["handlers"] == []
    assert run("status").status == 0


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("http://127.0.0.1:9/x", "127.0.0.1 is private"),
        ("http://localhost:9/x", "localhost has the private address"),
    ],
)
def test_receiver_on_a_private_address(run: Run, covered: Folder, url: str, said: str) -> None:
    """What `serve` refuses unless it is allowed is a warning: only `serve` knows whether it is."""
    handle(covered, Outcome.DONE, "", url=url)
    keep(covered, "whsec_b2xkIGtleSBvbGQga2V5IG9sZCBrZXk=")
    (one,) = findings(run, "handlers")
    assert one["result"] == "warning"
    assert one["text"].startswith(said)
    assert "--allow-private-forward" in one["next_step"]


def test_folder_as_a_target_in_the_cloud() -> None:
    """A folder lasts on one machine alone: in the cloud every download to it would be given up."""
    wanted = Download(to="file:///copies")
    here, there = (
        Ward(
            Installation(Site(place=Place(store="sqlite:none.db"), project=one)), changes=Path("-")
        )
        for one in (None, "p")
    )
    assert list(target(here, wanted)) == []
    (one,) = target(there, wanted)
    assert (one.result, "gs://" in one.next_step) == ("failed", True)
