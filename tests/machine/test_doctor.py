"""`doctor` finds nothing in a healthy installation, and each planted fault, with its cure."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from functions.domain.model import ChannelState, Verdict
from functions.domain.plan import ADOPTED
from infra.local.google import SimulatedGoogle, serve_google
from infra.local.queue.delivery import Message, Policy
from infra.local.queue.file import QueueFile
from infra.local.sqlite_queue import SqliteQueue
from infra.machine.doctor.finding import Ward
from infra.machine.installation import Installation, Site
from infra.machine.wiring import Place
from tests.machine.conftest import Folder, Run
from tests.machine.gate import Gate, opened, self_signed

Json = dict[str, Any]


@dataclass
class Patient:
    """A healthy installation, in which faults can be planted."""

    folder: Folder
    google: SimulatedGoogle
    gate: Gate
    run: Run
    address: str = ""

    def examine(self, *only: str) -> list[Json]:
        """Run the checks and give their findings."""
        named = [word for name in only for word in ("--only", name)]
        at = ("--google", self.google.url, "--address", self.address or self.gate.url)
        ended = self.run("doctor", "--json", *at, *named)
        assert ended.out.startswith("["), ended.err
        findings: list[Json] = json.loads(ended.out)
        failed = any(one["result"] == "failed" for one in findings)
        assert ended.status == (1 if failed else 0)
        return findings


@pytest.fixture
def patient(covered: Folder, run: Run) -> Iterator[Patient]:
    """Give a healthy installation."""
    compared = {"revision": "r1", "compared_at": datetime.now(UTC)}
    covered.store.write_control("renew", compared, version=None)
    gate = Gate(covered.path / "secrets" / "signing-keys")
    with serve_google() as google, opened(gate):
        covered.open("c1", "ana", address=gate.url)
        google.world.drive.create("ana@example.com", name="a.txt")
        yield Patient(covered, google, gate, run)


def test_a_healthy_installation(patient: Patient) -> None:
    """Of a healthy installation every check is well, and says what it looked at."""
    findings = patient.examine()
    assert {one["result"] for one in findings} <= {"ok", "skipped"}, findings
    assert all(one["looked_at"] and one["text"] for one in findings)
    assert len({one["check"] for one in findings if one["result"] == "ok"}) >= 15
    said = " ".join(f"{one['looked_at']} {one['text']}" for one in findings)
    assert re.findall(r"\b1 \w+s\b", said) == []


def wrong_file(patient: Patient) -> None:
    """Misspell a source in the watches file."""
    (patient.folder.path / "watches.yaml").write_text("watches: [{id: a, source: drive.chnges}]")


def wrong_document(patient: Patient) -> None:
    """Store a declaration that no longer is one."""
    patient.folder.store.declare({"old": {"source": "drive.gone"}}, revision="r1")


def open_files(patient: Patient) -> None:
    """Let others read what the queue holds."""
    path = patient.folder.path / "watchkeeper.queue.db"
    QueueFile(path).close()
    path.chmod(0o640)


def no_clock(patient: Patient) -> None:
    """Let `renew` have stopped an hour ago."""
    known = patient.folder.store.read_control("renew")
    assert known is not None
    long_ago = {**known, "compared_at": datetime.now(UTC) - timedelta(hours=1)}
    patient.folder.store.write_control("renew", long_ago, version=known["_version"])


def open_secrets(patient: Patient) -> None:
    """Let others read the keys."""
    (patient.folder.path / "secrets" / "signing-keys").chmod(0o644)


def no_key(patient: Patient) -> None:
    """Lose the file of the keys."""
    (patient.folder.path / "secrets" / "signing-keys").unlink()


def old_key(patient: Patient) -> None:
    """Make the newest key a year old."""
    path = patient.folder.path / "secrets" / "signing-keys"
    name, created, secret = path.read_text().split()
    year = str(int(created[:4]) - 1)
    path.write_text(f"{name} {year}{created[4:]} {secret}\n")


def lost_key(patient: Patient) -> None:
    """Let a live channel be signed by a key that is gone."""
    patient.folder.open("c1", "ana", key_id="gone", address=patient.gate.url)


def certificate(patient: Patient) -> None:
    """Sign the address's certificate by nobody."""
    made = opened(patient.gate, certificate=self_signed(patient.folder.path / "self.pem"))
    made.__enter__()
    _CLOSING.append(lambda: made.__exit__(None, None, None))


def nobody_there(patient: Patient) -> None:
    """Lead the address nowhere."""
    patient.address = "http://127.0.0.1:9/receive"


def something_else(patient: Patient) -> None:
    """Put a login page in front of `receive`."""
    patient.gate.get = 200


def robots(patient: Patient) -> None:
    """Keep all robots out."""
    patient.gate.robots = (200, "User-agent: *\nDisallow: /\n")


def other_keys(patient: Patient) -> None:
    """Let `receive` know other keys."""
    patient.gate.post = lambda genuine: 401


def no_checks(patient: Patient) -> None:
    """Let the address take any token."""
    patient.gate.post = lambda genuine: 204


def skew(patient: Patient) -> None:
    """Set Google's clock an hour ahead of ours."""
    patient.google.world.clock.advance(3600)


def revoked(patient: Patient) -> None:
    """Take Ana's access away."""
    patient.google.world.access.revoke("ana@example.com", "authError")


def uncovered(patient: Patient) -> None:
    """Let the last channel have ended a minute ago."""
    ended = patient.folder.now - timedelta(minutes=1)
    patient.folder.settle("ana", covered_until=ended, open_reason="BadAddress")


def near_end(patient: Patient) -> None:
    """Let an hour's channel end in five minutes."""
    soon = patient.folder.now + timedelta(minutes=5)
    patient.folder.settle("ana", covered_until=soon, granted_seconds=3600.0)


def parked(patient: Patient) -> None:
    """Park a watch whose consent was revoked."""
    patient.folder.settle("ana", verdict=Verdict.UNAUTHORIZED, reason="invalid_grant")


def overdue(patient: Patient) -> None:
    """Leave a due pull undone for an hour."""
    patient.folder.settle("ana", due_at=patient.folder.now - timedelta(hours=1))


def failing(patient: Patient) -> None:
    """Let pulls fail again and again."""
    patient.folder.settle("ana", failures=4, reason="503 backendError")


def held(patient: Patient) -> None:
    """Let Google have asked for patience."""
    patient.folder.settle("ana", held=True, reason="userRateLimitExceeded")


def orphan(patient: Patient) -> None:
    """Adopt a channel whose record was lost."""
    more: Json = {"state": ChannelState.RETIRING, "why": ADOPTED, "address": patient.gate.url}
    patient.folder.open("c9", "ana", **more)


def unreadable(patient: Patient) -> None:
    """Note an item that made no sense."""
    now = patient.folder.now
    patient.folder.store.bury("ana", item="F1", error="no version", now=now)


def given_up(patient: Patient) -> None:
    """Let a message have failed for good."""
    queue = SqliteQueue(QueueFile(patient.folder.path / "watchkeeper.queue.db"))
    policy = Policy(first=timedelta(0), longest=timedelta(0), attempts=1)
    queue.subscribe("sync", topic="notifications", policy=policy)
    queue.publish("notifications", [Message(key="ana", data=b"{}")])
    batch = queue.claim("sync", lease=timedelta(minutes=1))
    assert batch is not None
    queue.nack(batch, error="boom")


def other_revision(patient: Patient) -> None:
    """Declare something that `renew` has not seen."""
    documents = dict(patient.folder.store.declarations())
    patient.folder.store.declare(documents, revision="r2")


_CLOSING: list[Callable[[], object]] = []


@pytest.fixture(autouse=True)
def _closing() -> Iterator[None]:
    """Close what a fault has opened."""
    yield
    while _CLOSING:
        _CLOSING.pop()()


@pytest.mark.parametrize(
    ("plant", "check", "result", "says", "cure"),
    [
        (wrong_file, "declarations", "failed", "drive.chnges", "mend the file"),
        (wrong_document, "declarations", "failed", "drive.gone", "watch remove old"),
        (open_files, "store", "warning", "others may read it", "chmod 600 watchkeeper.queue.db"),
        (no_clock, "clockwork", "failed", "60 min ago", "serve"),
        (other_revision, "clockwork", "warning", "not seen it yet", "wait"),
        (open_secrets, "keys", "failed", "chmod 600", "mend the file as it says"),
        (no_key, "keys", "failed", "1 channel was signed with it", "put the file back"),
        (old_key, "keys", "warning", "365 days old", "keys rotate"),
        (lost_key, "keys", "failed", "gone", "renew replaces them"),
        (certificate, "address", "failed", "self", "public authority"),
        (nobody_there, "address", "failed", "cannot be reached", "tunnel or proxy"),
        (something_else, "address", "failed", "GET answers 200", "no login page"),
        (robots, "robots", "failed", "forbids /receive", "User-agent: APIs-Google"),
        (other_keys, "token", "failed", "genuine token got 401", "other keys"),
        (no_checks, "token", "failed", "forged token got 204", "verifies nothing"),
        (skew, "clock", "failed", "s off", "set-ntp"),
        (revoked, "access", "failed", "authError", "domainwidedelegation"),
        (uncovered, "coverage", "failed", "ana not covered", "certificate"),
        (near_end, "expiry", "failed", "ends soon", "plan"),
        (parked, "verdicts", "failed", "invalid_grant", "auth check"),
        (overdue, "pulls", "failed", "overdue", "renew"),
        (failing, "pulls", "warning", "backendError", "back-off"),
        (held, "quota", "warning", "userRateLimitExceeded", "quota"),
        (orphan, "orphans", "warning", "without a record", "second installation"),
        (unreadable, "unreadable", "warning", "no version", "report"),
        (given_up, "dead letters", "failed", "boom", "dead-letters list"),
    ],
)
def test_a_planted_fault(
    patient: Patient,
    plant: Callable[[Patient], None],
    check: str,
    result: str,
    says: str,
    cure: str,
) -> None:
    """A fault is found by its check, in words that tell it, with the step that cures it."""
    plant(patient)
    findings = [one for one in patient.examine(check) if one["result"] != "ok"]
    assert [one["result"] for one in findings] == [result], findings
    assert says in findings[0]["text"]
    assert cure in findings[0]["next_step"]


def test_a_broken_store(patient: Patient) -> None:
    """A store whose pages are torn is found, and what to do about it."""
    patient.folder.store.close()
    path = patient.folder.path / "watchkeeper.db"
    for more in ("-wal", "-shm"):
        Path(f"{path}{more}").unlink(missing_ok=True)
    data = bytearray(path.read_bytes())
    data[4096 * 2 :] = b"\xff" * len(data[4096 * 2 :])
    path.write_bytes(bytes(data))
    ended = patient.run("doctor", "--json", "--only", "store")
    assert ended.status in {1, 2}
    assert "watchkeeper.db" in ended.out + ended.err
    assert "Traceback" not in ended.out + ended.err


def test_unknown_checks_are_named(patient: Patient) -> None:
    """A check that does not exist is wrong usage, and those that do are named."""
    ended = patient.run("doctor", "--only", "nonsense")
    assert ended.status == 2
    assert "dead letters" in ended.err


def test_in_words(patient: Patient) -> None:
    """For a person each finding is a line, each next step another."""
    revoked(patient)
    at = ("--google", patient.google.url, "--only", "access")
    ended = patient.run("doctor", *at)
    assert ended.status == 1
    lines = ended.out.splitlines()
    assert lines[0].startswith("XX access: ana@example.com: drive changes.getStartPageToken: ")
    assert lines[1].startswith("   next: ")
    assert lines[-1] == "1 finding: 1 failed, 0 warnings."


def test_nothing_was_begun_yet(run: Run, tmp_path: Path) -> None:
    """Before the first start one thing is wrong: nothing serves. And a look makes no store."""
    watch = {"id": "ana", "source": "drive.changes", "subject": "ana@example.com"}
    (tmp_path / "watches.yaml").write_text(json.dumps({"watches": [watch]}))
    with serve_google() as google:
        findings = json.loads(run("doctor", "--json", "--google", google.url).out)
    failed = {one["check"]: one for one in findings if one["result"] == "failed"}
    assert list(failed) == ["store"]
    assert failed["store"]["text"] == "there is no store at watchkeeper.db"
    assert "serve" in failed["store"]["next_step"]
    (keys,) = [one for one in findings if one["check"] == "keys"]
    assert (keys["result"], keys["next_step"]) == ("skipped", "")
    assert "the first start of serve makes them" in keys["text"]
    assert [path.name for path in tmp_path.iterdir()] == ["watches.yaml"]


@pytest.mark.parametrize(
    ("address", "google", "times"),
    [
        (None, None, 1),
        ("http://127.0.0.1:8080/receive", None, 1),
        ("http://127.0.0.1:8080/receive", "http://127.0.0.1:9000", 0),
        ("https://hooks.example.com/receive", None, 0),
    ],
)
def test_a_simulated_google_must_be_named(
    covered: Folder, address: str | None, google: str | None, times: int
) -> None:
    """A step that blames Google names --google where it may be that a simulated one is meant."""
    place = Place(store=f"sqlite:{covered.path / 'watchkeeper.db'}")
    ward = Ward(Installation(Site(place=place, google=google)), address=address, changes=Path("-"))
    if address is None:
        covered.open("c1", "ana", state=ChannelState.CLOSED)
    assert ward.or_simulated.count("doctor --google URL") == times
    missing = Ward(Installation(Site(place=Place(store="sqlite:none.db"))), changes=Path("-"))
    assert "doctor --google URL" in missing.or_simulated
