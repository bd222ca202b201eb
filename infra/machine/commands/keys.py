"""The commands `keys ...`: list, rotate, retire the signing keys; no secret is ever shown."""

from __future__ import annotations

import click

from functions.domain.keyring import Key
from infra.machine.commands.options import as_json, counted, located, print_json
from infra.machine.installation import Installation


@click.group()
def keys() -> None:
    """Look after the keys that sign channel tokens. Secrets are never shown."""


@keys.command("list", epilog="Example: python main.py keys list --json")
@located()
@as_json
def list_(*, at: Installation, as_json: bool) -> None:
    """List the keys, newest first, and how many channels each still verifies."""
    from infra.machine.key_ring import held, users

    ring, using = held(at), users(at)
    rows = [
        {"id": key.id, "created": key.created, "channels": using.get(key.id, 0)}
        for key in ring.keys
    ]
    if as_json:
        print_json(rows)
        return
    for key in ring.keys:
        created = f"{key.created:%Y-%m-%d %H:%M}"
        click.echo(f"{key.id:16}  {created}  {counted(using.get(key.id, 0), 'channel')}")


@keys.command(epilog="Example: python main.py keys rotate")
@located()
def rotate(*, at: Installation) -> None:
    """Add a new newest key. The older ones go on verifying, no live channel is refused.

    `renew` replaces channels in the course of a day; then retire the old key.
    """
    from infra.machine.key_ring import rotated

    key: Key = rotated(at)
    click.echo(f"{key.id} is the newest key now; the others go on verifying.")


@keys.command(epilog="Example: python main.py keys retire k1")
@located()
@click.argument("key")
@click.option("--force", is_flag=True, help="Also while channels use it: they are replaced.")
def retire(*, at: Installation, key: str, force: bool) -> None:
    """Take a key out of the ring: its channels cover nothing any more.

    Refused while live channels use it, unless --force is given (a key that leaked).
    """
    from infra.machine.key_ring import retired

    retired(at, key, force=force)
    click.echo(f"{key} is retired.")
