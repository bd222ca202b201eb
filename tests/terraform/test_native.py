"""Terraform's own checks: form, validity, and the tests for anybody who has the provider."""

from __future__ import annotations

import re
import subprocess

import pytest

from tests.terraform.deployment import ROOT, Deployment


def test_form(terraform: str) -> None:
    """Everything is as `terraform fmt` has it."""
    asked = [terraform, "fmt", "-check", "-recursive", "-no-color", "terraform"]
    ended = subprocess.run(asked, cwd=ROOT, capture_output=True, text=True, check=False)
    # A missing file of settings is told on standard output, too, and is none of its business.
    names = [line for line in ended.stdout.splitlines() if line.endswith((".tf", ".hcl"))]
    assert names == []
    assert ended.returncode == 0, ended.stdout


@pytest.mark.timeout(300)
def test_validity_and_native_tests(untouched: Deployment) -> None:
    """The configuration is valid, and every `run` of terraform/tests passes."""
    assert "The configuration is valid" in untouched.must("validate")
    told = untouched.must("test")
    runs = [
        name
        for path in (untouched.configuration / "tests").glob("*.tftest.hcl")
        for name in re.findall(r'^run "(\w+)"', path.read_text(), re.MULTILINE)
    ]
    assert len(runs) >= 5
    assert f"Success! {len(runs)} passed, 0 failed." in told


def test_every_variable_and_output_is_described() -> None:
    """What an operator sees has a sentence; every variable is in the example, too."""
    example = (ROOT / "terraform" / "terraform.tfvars.example").read_text()
    text = "".join(path.read_text() for path in sorted((ROOT / "terraform").glob("*.tf")))
    for kind in ("variable", "output"):
        for name, body in re.findall(
            rf'^{kind} "(\w+)" {{\n(.*?)^}}', text, re.MULTILINE | re.DOTALL
        ):
            assert re.search(r'^  description = ".{20,}"$', body, re.MULTILINE), name
            assert kind == "output" or re.search(rf"^#? ?{name} +=", example, re.MULTILINE), name
