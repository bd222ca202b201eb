"""The examples run as their READMEs say."""

from __future__ import annotations

import importlib.util
import json
import re
import subprocess
import sys
from base64 import b64encode
from pathlib import Path
from types import ModuleType

import flask
import pytest

from infra.local.watches_file import read_watches
from infra.machine.event_pages import PAGE, examples_of

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = ROOT / "examples"


def loaded(path: Path) -> ModuleType:
    """Import a file of an example."""
    spec = importlib.util.spec_from_file_location(f"example_{path.stem}", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(
    "path", sorted(EXAMPLES.glob("*/watches.yaml")), ids=lambda p: p.parent.name
)
def test_declarations_are_right(path: Path) -> None:
    """The watches of each example are accepted as they are."""
    assert read_watches(path).documents


def test_the_video_downloader() -> None:
    """Only the videos of the folder tree arrive, two of one name among them."""
    program = [sys.executable, str(EXAMPLES / "video-downloader" / "try.py")]
    done = subprocess.run(program, capture_output=True, text=True, timeout=50, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "talk.mp4" in done.stdout
    assert "talk ~" in done.stdout
    assert "5000000 bytes  a_b_ trip.mov" in done.stdout


def test_the_calendar_follower() -> None:
    """Each change is a sentence, a repeated one none."""
    event = next(e for e in examples_of(PAGE.read_text()) if "calendar.events" in e["type"])
    lines = [json.dumps(event)] * 2
    (said,) = loaded(EXAMPLES / "calendar-console" / "follow.py").sentences(lines)
    assert said.startswith("new ")
    assert said.endswith("Standup")


def test_the_cloud_run_subscriber(capsys: pytest.CaptureFixture[str]) -> None:
    """A pushed message is greeted once."""
    event = next(e for e in examples_of(PAGE.read_text()) if "drive.changes" in e["type"])
    envelope = {"message": {"data": b64encode(json.dumps(event).encode()).decode()}}
    service = loaded(EXAMPLES / "cloud-run-subscriber" / "main.py")
    for _ in range(2):
        with flask.Flask("test").test_request_context(json=envelope, method="POST"):
            assert service.new_file(flask.request) == ("", 204)
    (line,) = capsys.readouterr().out.splitlines()
    assert json.loads(line) == {"message": "new: notes.txt", "watch": "ana-drive"}


def test_the_audit_asks_for_columns_that_are_there() -> None:
    """The queries read the table that Terraform makes, by columns and paths that it has."""
    sql = (EXAMPLES / "bigquery-audit" / "queries.sql").read_text()
    terraform = (ROOT / "terraform" / "storage.tf").read_text()
    columns = set(re.findall(r'name = "(\w+)", type', terraform))
    assert {"data", "publish_time"} <= columns
    event = examples_of(PAGE.read_text())[0]
    for path in re.findall(r"JSON_\w+\(data, '\$\.([\w.]+)'\)", sql):
        found: object = {**event, "replay": "", "data": {**event["data"], "reason": ""}}
        for name in path.split("."):
            assert isinstance(found, dict)
            assert name in found, path
            found = found[name]
