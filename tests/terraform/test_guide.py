"""The guides name only what there is: commands and their options, variables, outputs, links."""

from __future__ import annotations

import re

import click
import pytest

from infra.cli import cli
from tests.terraform.deployment import ROOT

GUIDES = [ROOT / "docs" / name for name in ("deploy.md", "upgrade.md")]
TELLING = [*GUIDES, *(ROOT / "terraform" / name for name in ("outputs.tf", "monitoring.tf"))]
TERRAFORM = "".join(path.read_text() for path in sorted((ROOT / "terraform").glob("*.tf")))


def text_of(command: str) -> str:
    """Give the text of all guides; a command's only, from its name to the end of its code."""
    text = "\n".join(path.read_text() for path in TELLING)
    return "\n".join(re.findall(rf"main\.py {re.escape(command)}(?:[^`\n|#.]|\.(?! ))*", text))


def commands() -> set[tuple[str, ...]]:
    """Name the commands that guides, outputs and alerts tell of, with their subcommands."""
    found: set[tuple[str, ...]] = set()
    for path in TELLING:
        for words in re.findall(r"main\.py ((?:[a-z][a-z-]* ?)+)", path.read_text()):
            found.add(tuple(words.split()[:2]))
    return found


@pytest.mark.parametrize("words", sorted(commands()), ids=" ".join)
def test_commands_exist(words: tuple[str, ...]) -> None:
    """Each command can be called as the guide does, with these options."""
    group, *rest = words
    command: click.Command | None = cli.commands.get(group)
    assert command is not None, group
    used = group
    if isinstance(command, click.Group):
        used = f"{group} {rest[0]}"
        command = command.commands.get(rest[0])
    assert command is not None, words
    known = {option for each in command.params for option in each.opts}
    assert set(re.findall(r"--[a-z-]+", text_of(used))) <= known


def test_variables_and_outputs_exist() -> None:
    """What is set or shown is a variable or an output of terraform/."""
    for path in GUIDES:
        text = path.read_text()
        for name in re.findall(r"`([a-z_]+) = ", text):
            assert f'variable "{name}"' in TERRAFORM, name
        for name in re.findall(r"(?:chdir=terraform |`)output ([a-z]+)", text):
            assert f'output "{name}"' in TERRAFORM, name
        for kind, name in re.findall(r"(google_\w+)\.(\w+)", text):
            assert f'resource "{kind}" "{name}"' in TERRAFORM, (kind, name)


def test_links_lead_somewhere() -> None:
    """Links within the documentation have a target."""
    for path in GUIDES:
        for link in re.findall(r"\]\(([^)#:]+)\)", path.read_text()):
            assert (path.parent / link).exists(), link
