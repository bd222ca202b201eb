"""The command `doctor`: looks at everything, and says the next step."""

from __future__ import annotations

import sys
from collections import Counter
from dataclasses import asdict
from datetime import timedelta
from pathlib import Path

import click

from infra.machine.commands.options import (
    FAILED,
    Duration,
    Root,
    as_json,
    counted,
    located,
    print_json,
)
from infra.machine.installation import Installation

MARKS = {"ok": "ok", "warning": "!!", "failed": "XX", "skipped": "--"}
COLOURS = {"ok": "green", "warning": "yellow", "failed": "red", "skipped": "bright_black"}


@click.command(epilog="Example: python main.py doctor --canary --changes changes.jsonl")
@located(watches=True, google=True)
@click.option("--address", type=Root(), help="The address given to Google [default: as last used].")
@click.option("--only", multiple=True, metavar="CHECK", help="Only this check; may be repeated.")
@click.option("--canary", "fly", is_flag=True, help="Also make a file and wait for its event.")
@click.option(
    "--changes",
    type=click.Path(dir_okay=False, path_type=Path),
    default=Path("changes.jsonl"),
    show_default=True,
    help="Where the canary looks for its event: the file of `serve --changes`.",
)
@click.option(
    "--patience", type=Duration(), default="90s", show_default=True, help="Of the canary."
)
@as_json
def doctor(
    *,
    at: Installation,
    address: str | None,
    only: tuple[str, ...],
    fly: bool,
    changes: Path,
    patience: timedelta,
    as_json: bool,
) -> None:
    """Examine an installation. Each check says what it looked at, the result, and the next step.

    Exit status 0 if all is well, 1 if a check failed; warnings do not count.
    """
    from infra.machine.doctor.canary import canary
    from infra.machine.doctor.examination import CHECKS, examine
    from infra.machine.doctor.finding import Finding, Result, Ward

    unknown = set(only) - CHECKS.keys()
    if unknown:
        known = ", ".join(CHECKS)
        raise click.BadParameter(f"there is no check {unknown.pop()!r}; there are: {known}")
    ward = Ward(at, address=address, changes=changes)
    found: list[Finding] = []

    def tell(finding: Finding) -> None:
        found.append(finding)
        if not as_json:
            mark = click.style(MARKS[finding.result], fg=COLOURS[finding.result])
            click.echo(f"{mark} {finding.check}: {finding.looked_at}: {finding.text}")
            if finding.next_step:
                click.echo(f"   next: {finding.next_step}")

    for finding in examine(ward, only=only):
        tell(finding)
    for finding in canary(ward, patience=patience) if fly else ():
        tell(finding)
    counts = Counter(finding.result for finding in found)
    if as_json:
        print_json([asdict(finding) for finding in found])
    else:
        bad, odd = counts[Result.FAILED], counts[Result.WARNING]
        click.echo(f"{counted(len(found), 'finding')}: {bad} failed, {counted(odd, 'warning')}.")
    sys.exit(FAILED if counts[Result.FAILED] else 0)
