"""A static scan for what is commonly done wrong: checkov, with a reason for all it leaves out."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.terraform.deployment import ROOT

TERRAFORM = ROOT / "terraform"
CONFIG = TERRAFORM / ".checkov.yaml"
# Its parser of HCL does not know some expressions; this file makes nothing in the cloud.
UNREADABLE = {"rules.tf"}


@pytest.fixture(scope="session")
def checkov() -> str:
    """Find the program, which has an environment of its own: it pins what we pin differently."""
    found = shutil.which(str(ROOT / ".venv" / "checkov" / "bin" / "checkov"))
    found = found or shutil.which("checkov")
    if found is None:
        pytest.skip("checkov is missing: make terraform-policy installs it")
    return found


@pytest.mark.timeout(300)
def test_nothing_is_found(checkov: str) -> None:
    """Every rule holds but those that the configuration leaves out."""
    asked = [checkov, "-d", str(TERRAFORM), "--config-file", str(CONFIG), "-o", "json"]
    ended = subprocess.run(
        [*asked, "--quiet"], capture_output=True, text=True, timeout=240, check=False
    )
    result = json.loads(ended.stdout)
    summary = result.get("summary", result)
    failed = result.get("results", {}).get("failed_checks", [])
    assert [(each["check_id"], each["resource"]) for each in failed] == []
    assert summary["passed"] > 30
    assert summary["parsing_errors"] <= len(UNREADABLE)


def test_what_is_left_out_has_a_reason() -> None:
    """Above the skipped rules stands why, and beside each what it is about."""
    lines = CONFIG.read_text().splitlines()
    skipped = [number for number, line in enumerate(lines) if "- CKV" in line]
    assert skipped
    for number in skipped:
        assert " # " in lines[number]
        above = number - 1
        while "- CKV" in lines[above]:
            above -= 1
        assert lines[above].strip().startswith("#"), lines[number]


def test_the_unreadable_file_makes_nothing() -> None:
    """What the scan cannot read has no resource of Google's."""
    for name in UNREADABLE:
        assert 'resource "google' not in Path(TERRAFORM / name).read_text()
