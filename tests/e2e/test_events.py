"""What each source really tells, held against the JSON Schemas and the page that documents it."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from functions.sources.table import SOURCES
from infra.machine.event_pages import PAGE, examples_of, page
from infra.machine.event_schemas import FOLDER, schemas, text_of
from tests.e2e.machine import Json, Machine
from tests.e2e.patience import eventually
from tests.e2e.simulated import Simulated
from tests.e2e.test_handlers import NEW, forwarding, secret
from tests.receiver import Receiver, receiving

ANA, ADMIN, BOB = "ana@example.com", "admin@example.com", "bob@example.com"
CAROL, DORA = "carol@example.com", "dora@example.com"
WRITE = "WATCHKEEPER_WRITE_DOCS"
ORDER = (*SOURCES, "watch", "handler")


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """Give a receiver of webhooks."""
    with receiving() as receiver:
        yield receiver


def watch(name: str, source: str, subject: str = ANA, **params: str) -> Json:
    """Declare a watch that is pulled soon, whatever is notified."""
    return {"id": name, "source": source, "subject": subject, "poll": "1s", "params": params}


def name_of(event: Mapping[str, Any]) -> str:
    """Name the schema of an event: its source's."""
    kind = str(event["type"]).removeprefix("watchkeeper.")
    return next(name for name in ORDER if kind.startswith(f"{name}."))


def check(event: Mapping[str, Any]) -> None:
    """Hold an event against the schema of its source, as it is in the file."""
    schema = json.loads((FOLDER / f"{name_of(event)}.json").read_text())
    validator = Draft202012Validator(schema, format_checker=Draft202012Validator.FORMAT_CHECKER)
    validator.validate(event)


def test_schemas_have_not_drifted() -> None:
    """The files are what the sources say (`make tables` writes them)."""
    written = {path.name: path.read_text() for path in FOLDER.glob("*.json")}
    assert written == {name: text_of(schema) for name, schema in schemas().items()}


@pytest.mark.parametrize(
    "broken",
    [{"id": "x"}, {"type": "watchkeeper.drive.changes.file.eaten"}, {"more": 1}, {"data": {}}],
)
def test_a_schema_refuses_what_is_none(broken: Json) -> None:
    """An event with a foreign type, id, attribute or without its data is refused."""
    example = dict(next(e for e in examples_of(PAGE.read_text()) if name_of(e) == "drive.changes"))
    assert not Draft202012Validator(schemas()["drive.changes.json"]).is_valid(example | broken)


def test_the_page_has_an_example_of_each_source() -> None:
    """Each source, a watch's trouble and a handler's have an example that fits its schema."""
    examples = examples_of(PAGE.read_text())
    for example in examples:
        check(example)
    assert [name_of(example) for example in examples] == list(ORDER)


@pytest.mark.timeout(90)
def test_what_is_told_fits_the_schemas(
    machine: Machine, google: Simulated, receiver: Receiver
) -> None:
    """Everything that all sources tell fits their schemas; the page is as what is told."""
    file = _before(google)
    machine.declare(
        watch("ana-drive", "drive.changes"),
        watch("ana-file", "drive.files", fileId=file["id"]),
        watch("ana-events", "calendar.events"),
        watch("ana-list", "calendar.calendarList"),
        watch("ana-acl", "calendar.acl"),
        watch("ana-settings", "calendar.settings"),
        watch("users", "directory.users", ADMIN, domain="example.com"),
        watch("bob-aliases", "directory.aliases", ADMIN, userKey=BOB),
        watch("logins", "reports.activities", ADMIN, applicationName="login"),
        watch("ana-mail", "gmail.mailbox"),
        watch("dora-drive", "drive.changes", DORA),
        {**watch("carol-drive", "drive.changes", CAROL), "handle": [forwarding(receiver.url)]},
    )
    secret(machine, NEW)
    receiver.answer = (410, {})
    machine.serve("--allow-private-forward")
    eventually("baselines", lambda: all(_is_read(row) for row in machine.status()["watches"]))
    _during(google, file)
    events = eventually("an event of each", lambda: _one_of_each(machine), within=40)
    for event in machine.events():
        check(event)
    if os.environ.get(WRITE) == "1":
        examples = {name: events[name] for name in ORDER}
        PAGE.write_text(page(PAGE.read_text(), examples))
    for example in examples_of(PAGE.read_text()):
        assert _shape(example) <= _shape(events[name_of(example)]) | _shape(example)


def _before(google: Simulated) -> Json:
    google.post("directory/users", email=ADMIN, isAdmin=True)
    google.post("directory/users", email=BOB)
    google.post("calendar/calendars", account=ANA, summary="Ana", id=ANA)
    return google.create(ANA, "notes.txt", content="one")


def _during(google: Simulated, file: Json) -> None:
    google.change(file["id"], "update", content="two")
    google.create(ANA, "report.txt", content="Hello")
    google.post(
        f"calendar/calendars/{ANA}/events",
        summary="Standup",
        start={"dateTime": "2026-12-01T09:00:00Z"},
        end={"dateTime": "2026-12-01T09:15:00Z"},
    )
    google.post("calendar/calendars", account=ANA, summary="Team", id="team@example.com")
    google.post(f"calendar/calendars/{ANA}/rules", scope=f"user:{BOB}", role="reader")
    google.post(f"calendar/settings/{ANA}", id="timezone", value="Europe/Berlin")
    google.post("directory/users", email="carl@example.com")
    google.post(f"directory/users/{BOB}/alias", alias="robert@example.com")
    google.post("reports/activities", application="login", actor=BOB, event="login_success")
    google.post(f"gmail/{ANA}/messages", subject="Hello", sender=BOB)
    google.create(CAROL, "stop.txt")
    google.post(f"accounts/{DORA}/revoke", reason="authError")


def _is_read(row: Json) -> bool:
    return bool(row.get("pulled_at"))


def _one_of_each(machine: Machine) -> dict[str, Json]:
    """Give the first event of each source; empty as long as one is missing."""
    found: dict[str, Json] = {}
    for event in machine.events():
        found.setdefault(name_of(event), event)
    return found if set(found) == set(ORDER) else {}


def _shape(event: Mapping[str, Any]) -> set[str]:
    return set(event) | set(event["data"])
