"""The commands `plan` and `apply`: what would be done, and having it done."""

from __future__ import annotations

import click

from functions.domain.errors import Misconfigured
from infra.machine.commands.options import Root, as_json, counted, located, print_json
from infra.machine.installation import Installation

_SIGNS = {"open": "+", "start": "+", "return": "+", "replace": "~", "renew": "~", "remove": "-"}
_SIGNS |= {"stop": "-", "let go": "-", "close": "-", "park": "!", "stays parked": "!"}


@click.command(epilog="Example: python main.py plan --watches watches.yaml --json")
@located(watches=True)
@click.option("--address", type=Root(), help="The address given to Google [default: as last used].")
@as_json
def plan(*, at: Installation, address: str | None, as_json: bool) -> None:
    """Show what would be opened, replaced and stopped, and why. Does nothing.

    Holds what is declared against the state. Exit status 0; 2 if the declarations are wrong.
    """
    from infra.machine.declared import declared
    from infra.machine.preview import preview

    try:
        documents = declared(at)
    except Misconfigured as wrong:
        raise Misconfigured(wrong.full, wrong.full) from None
    found = preview(at, documents, address=address)
    if as_json:
        print_json(found.fields())
        return
    for step in found.steps:
        channel = f" {step.channel[:8]}" if step.channel else ""
        sign = _SIGNS.get(step.act, "~")
        click.echo(f"{sign} {step.watch}: {step.act}{channel}: {step.why}")
    acts = counted(len(found.steps), "step") if found.steps else "nothing to do"
    click.echo(f"{counted(found.watches, 'watch', 'watches')} declared, {acts}.")
    if not found.keys_known:
        click.echo("The key ring cannot be read: no channel was judged by its key.", err=True)


@click.command(epilog="Example: python main.py apply --project my-project --watches watches.yaml")
@located(watches=True)
@as_json
def apply(*, at: Installation, as_json: bool) -> None:
    """Declare the watches of the file, and have everything compared at once.

    Watches that Terraform manages stay as they are. Also when nothing differs every watch is
    pulled at once, and those that are parked or in a back-off are tried again; channels stay.
    """
    from infra.machine.declared import apply as run

    written, gone = run(at)
    if as_json:
        print_json({"written": written, "removed": gone})
        return
    for name in written:
        click.echo(f"+ {name}")
    for name in gone:
        click.echo(f"- {name}")
    did = f"{counted(len(written), 'watch', 'watches')} written, {len(gone)} removed"
    same = "" if written or gone else ": nothing differs"
    click.echo(f"{did} in {at.site.words}{same}.")
    click.echo(
        "The next tick compares everything: every watch is pulled at once, parked ones and those "
        "in a back-off\nare tried again (unless Google itself asked to wait), channels stay open."
    )
