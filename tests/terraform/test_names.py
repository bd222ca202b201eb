"""Names have one source: what Terraform makes and filters is what the code writes and asks for."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from functions.domain.handled import Handled, Outcome
from infra.local.queues import CHANGES, NOTIFICATIONS
from infra.secret_names import SIGNING_KEYS
from tests.terraform.deployment import ROOT, Deployment

pytestmark = pytest.mark.timeout(300)

# Which modules write the lines of which function: what a metric may look for there.
WRITERS = {
    "receive": ["functions/receive.py"],
    "renew": ["functions/renew.py", "functions/channels/*.py", "functions/declared/*.py"],
    "sync": ["functions/sync.py", "functions/pulling/*.py", "infra/entry.py"],
    "handle": ["functions/handle.py"],
}


def lines_of(component: str) -> set[str]:
    """Name the texts in the modules of a function: messages and fields alike."""
    found: set[str] = set()
    for path in (path for pattern in WRITERS[component] for path in ROOT.glob(pattern)):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                found.add(node.value)
            elif isinstance(node, ast.keyword) and node.arg:
                found.add(node.arg)
    outcomes = {f"handler {outcome}" for outcome in Outcome}
    return found | {"message"} | standing_fields() | (outcomes if component == "handle" else set())


def standing_fields() -> set[str]:
    """Name the fields of the line "standing", which are those of its class."""
    from dataclasses import fields

    from functions.declared.standing import Standing

    return {each.name for each in fields(Standing)}


def metrics(deployment: Deployment) -> Iterator[tuple[str, dict[str, Any]]]:
    """Give each log-based metric by its name."""
    for metric in deployment.resources("google_logging_metric").values():
        yield metric["name"], metric


def test_metrics_look_for_lines_that_are_written(full: Deployment) -> None:
    """Each message and field in a filter is in a module that logs as that component."""
    count = 0
    for name, metric in metrics(full):
        (component,) = re.findall(r'jsonPayload\.component="(\w+)"', metric["filter"])
        assert f'service_name="watchkeeper-{component}"' in metric["filter"], name
        (messages,) = re.findall(r"jsonPayload\.message=(.*)$", metric["filter"])
        extracts = [metric["value_extractor"] or "", *(metric["label_extractors"] or {}).values()]
        wanted = re.findall(r'"([^"]+)"', messages)
        wanted += re.findall(r"jsonPayload\.(\w+)\)", " ".join(extracts))
        missing = set(wanted) - lines_of(component)
        assert missing == set(), name
        count += len(wanted)
    assert count > 25


def seen_by(metric: dict[str, Any], line: Mapping[str, Any]) -> bool:
    """Whether a metric counts a line as it was written, with the number that it takes from it."""
    fields = re.findall(r'jsonPayload\.(\w+)=(\([^)]*\)|"[^"]*")', metric["filter"])
    matches = all(f'"{line.get(name)}"' in allowed for name, allowed in fields)
    taken = re.findall(r"jsonPayload\.(\w+)\)", metric["value_extractor"] or "")
    return matches and all(isinstance(line.get(name), (int, float)) for name in taken)


def test_alerts_and_charts_ask_for_metrics_that_are_made(full: Deployment) -> None:
    """Every log-based metric in a query exists, and each that exists is looked at."""
    made = {re.sub(r"[^A-Za-z0-9_]", "_", name) for name, _ in metrics(full)}
    asked: set[str] = set()
    for folder in ("google_monitoring_alert_policy", "google_monitoring_dashboard"):
        for path in (full.world / folder).glob("*.json"):
            found = re.findall(
                r"logging_googleapis_com:user_(\w+?)(?:_sum|_count|_bucket)?\{", path.read_text()
            )
            asked |= set(found)
    assert asked == made


SHOWN = {
    "Watches without a channel",
    "Notifications by outcome",
    "Seconds from change to event (p95)",
    "Pulls",
    "Troubles told",
    "Dead letters",
}


def test_the_dashboard_is_a_grid(full: Deployment) -> None:
    """Its tiles do not overlap, each has a query, and what must be seen has one."""
    (dashboard,) = full.resources("google_monitoring_dashboard").values()
    tiles = json.loads(dashboard["dashboard_json"])["mosaicLayout"]["tiles"]
    places = {(tile.get("xPos", 0), tile.get("yPos", 0)) for tile in tiles}
    assert len(places) == len(tiles) == 13
    assert {tile["widget"]["title"] for tile in tiles} > SHOWN
    for tile in tiles:
        (data,) = tile["widget"]["xyChart"]["dataSets"]
        assert data["timeSeriesQuery"]["prometheusQuery"]


def test_topics_and_secrets_have_the_names_of_the_code(full: Deployment) -> None:
    """Both modes speak of the same queues and the same secret."""
    assert {NOTIFICATIONS, CHANGES} <= set(full.resources("google_pubsub_topic"))
    assert SIGNING_KEYS in full.resources("google_secret_manager_secret")


def collections() -> set[str]:
    """Name the collections that the code uses."""
    found: set[str] = set()
    for path in (ROOT / "infra" / "cloud").glob("firestore_*.py"):
        text = path.read_text()
        found |= set(re.findall(r'\.collection\(\s*"(\w+)"', text))
        found |= set(re.findall(r'_(?:document|read)\(\s*"(\w+)"', text))
    return found


def test_collections_are_those_of_the_code(full: Deployment) -> None:
    """What expires, is out of indexes or is written are collections that the code has."""
    used = collections()
    assert {"watches", "control", "progress", "channels", "seen"} <= used
    fields = full.resources("google_firestore_field").values()
    expiring = {field["collection"] for field in fields if field["field"] == "delete_at"}
    assert all(field["ttl_config"] for field in fields if field["field"] == "delete_at")
    others = {(f["collection"], f["field"]) for f in fields if f["field"] != "delete_at"}
    assert others == {("seen", "*"), ("handled", "body")}
    assert "body" in Handled.__slots__
    assert expiring == used - {"watches", "control"}
    documents = full.resources("google_firestore_document").values()
    assert {document["collection"] for document in documents} == {"watches", "control"}


def test_every_entry_point_is_defined() -> None:
    """main.py defines what Terraform deploys."""
    tree = ast.parse((ROOT / "main.py").read_text())
    defined = {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}
    assert {"receive", "renew", "sync", "handle"} <= defined


def test_no_query_needs_a_composite_index(full: Deployment) -> None:
    """Queries filter and sort by one field, or by equality alone: Terraform declares no index."""
    assert full.resources("google_firestore_index") == {}
    for path in Path(ROOT / "infra" / "cloud").glob("firestore_*.py"):
        for call in re.findall(r"order_by\(\"(\w+)\"\)", path.read_text()):
            assert call in {"due_at", "__name__"}, path.name


CHECKS = (
    test_metrics_look_for_lines_that_are_written,
    test_alerts_and_charts_ask_for_metrics_that_are_made,
    test_the_dashboard_is_a_grid,
    test_topics_and_secrets_have_the_names_of_the_code,
    test_collections_are_those_of_the_code,
    test_no_query_needs_a_composite_index,
)
