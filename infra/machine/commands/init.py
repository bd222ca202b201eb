"""The command `init`: asks a few questions and writes a first declaration."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import click

from functions.domain.errors import Misconfigured
from functions.sources.table import SOURCES


@click.command(epilog="Example: python main.py init --terraform")
@click.option("--terraform", is_flag=True, help="Write terraform.tfvars instead of watches.yaml.")
@click.option("--to", type=click.Path(dir_okay=False, path_type=Path), help="The file to write.")
@click.option("--force", is_flag=True, help="Replace the file if it is there.")
@click.option("--source", type=click.Choice(sorted(SOURCES)), help="What is watched [asked].")
@click.option("--subject", help="As whom [asked]; - for the service account itself.")
@click.option("--admin", help="Who may read the directory of *@DOMAIN [asked].")
@click.option("--id", "name", help="What the watch is called [asked].")
@click.option("--param", "params", multiple=True, metavar="KEY=VALUE", help="May be repeated.")
@click.option("--project", help="The cloud project [asked with --terraform].")
@click.option("--region", default="europe-west1", show_default=True, help="With --terraform.")
def init(*, terraform: bool, to: Path | None, force: bool, **given: Any) -> None:
    """Write a first declaration: what to watch, and as whom.

    What an option does not say is asked. Nothing is sent anywhere.
    """
    path = to or Path("terraform.tfvars" if terraform else "watches.yaml")
    if path.exists() and not force:
        raise Misconfigured(f"{path} is there already: edit it, or replace it with --force")
    try:
        project = (given["project"] or click.prompt("Cloud project")) if terraform else None
        watch = _watch(given)
    except click.Abort:
        if sys.stdin.isatty():  # somebody was asked, and would not answer
            raise
        raise click.UsageError(_nobody_to_ask(given, terraform=terraform)) from None
    _check(watch)
    text = _tfvars(watch, project, given["region"]) if terraform else _yaml(watch)
    path.write_text(text, encoding="utf-8")
    click.echo(f"{path} is written. Next:")
    for step in _steps(path, project):
        click.echo(f"  {step}")


def _watch(given: dict[str, Any]) -> dict[str, Any]:
    choice = click.Choice(sorted(SOURCES))
    source = given["source"] or click.prompt("What is to be watched", "drive.changes", type=choice)
    profile = SOURCES[source].profile
    subject = given["subject"] or click.prompt(
        "As whom (an address; *@DOMAIN for everybody; - for the service account itself)"
    )
    watch: dict[str, Any] = {"id": "", "source": source}
    if subject != "-":
        watch["subject"] = subject
    if subject.startswith("*@"):
        watch["admin"] = given["admin"] or click.prompt("Who may read the domain's directory")
    params = dict(text.partition("=")[::2] for text in given["params"])
    for key in profile.required:
        if key not in params:
            params[key] = click.prompt(key)
    if params:
        watch["params"] = params
    suggested = f"{subject.partition('@')[0].strip('*-') or 'all'}-{source.partition('.')[0]}"
    watch["id"] = given["name"] or click.prompt("What is it called", suggested.lower())
    return watch


def _nobody_to_ask(given: dict[str, Any], *, terraform: bool) -> str:
    """Say which options to give where no terminal is there to ask on."""
    options = {"--project": given["project"] or not terraform, "--source": given["source"]}
    options |= {"--subject": given["subject"], "--id": given["name"]}
    missing = [option for option, value in options.items() if not value]
    subject = given["subject"] or "*@"
    missing += ["--admin (of *@DOMAIN)"] * (subject.startswith("*@") and not given["admin"])
    required = SOURCES[given["source"]].profile.required if given["source"] else ()
    told = {text.partition("=")[0] for text in given["params"]}
    missing += [f"--param {key}=..." for key in required if key not in told]
    return f"there is no terminal to ask on: give {', '.join(missing)}"


def _check(watch: dict[str, Any]) -> None:
    """Refuse a wrong watch, each fault by the option that it came by."""
    from functions.declared.declaration import check_watch

    faults = [f"{_option(*fault.path)}: {fault.text}" for fault in check_watch(watch)]
    if faults:
        raise Misconfigured(faults[0], "\n".join(faults))


def _option(key: object = "", *rest: object) -> str:
    return f"--param {'.'.join(map(str, rest))}".rstrip() if key == "params" else f"--{key}"


def _yaml(watch: dict[str, Any]) -> str:
    import yaml

    return "# What Watchkeeper watches: see README, Declare watches.\n" + yaml.safe_dump(
        {"watches": [watch]}, sort_keys=False
    )


def _tfvars(watch: dict[str, Any], project: str | None, region: str) -> str:
    # HCL takes JSON's texts, lists and maps as they are; `${` would be a template.
    def value(one: object) -> str:
        return json.dumps(one).replace("${", "$${").replace("%{", "%%{")

    entries = "\n".join(f"    {key} = {value(one)}" for key, one in watch.items())
    return (
        f"project_id = {value(project)}\nregion     = {value(region)}\n\n"
        f"watches = [\n  {{\n{entries}\n  }},\n]\n"
    )


def _steps(path: Path, project: str | None) -> list[str]:
    if project is not None:
        return [
            f"terraform -chdir=terraform apply -var-file={path.resolve()}",
            f"python main.py doctor --project {project}",
        ]
    return [
        f"python main.py serve --watches {path} --google http://127.0.0.1:9000   (a simulated one)",
        "python main.py auth login ADDRESS   (for real Google, one account)",
        "python main.py doctor   (with a simulated one: --google http://127.0.0.1:9000)",
    ]
