"""The command `status`: how every watch does."""

from __future__ import annotations

import sys

import click

from infra.machine.commands.options import FAILED, as_json, located, print_json
from infra.machine.installation import Installation

WELL = frozenset({"covered", "polled", "paused"})


@click.command(epilog="Example: python main.py status --json | jq '.watches[].state'")
@located()
@as_json
def status(*, at: Installation, as_json: bool) -> None:
    """Show every watch: its state, channels, last pull, and when it is next due.

    Exit status 0 if every watch is well and its handlers, too, 1 if one is not, 2 if the state
    cannot be read.
    """
    from infra.machine.status import gather
    from infra.machine.status_table import print_table

    found = gather(at.store, at.clock.now())
    if as_json:
        print_json(found)
    else:
        print_table(found)
    well = all(row["state"] in WELL and not row["handlers"] for row in found["watches"])
    sys.exit(0 if well else FAILED)
