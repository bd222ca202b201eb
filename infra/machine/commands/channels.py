"""The commands `channels ...`: list, show, stop."""

from __future__ import annotations

from datetime import datetime

import click

from functions.domain.errors import Misconfigured
from functions.domain.fields import to_fields
from functions.domain.hearing import as_heard
from functions.domain.model import Channel, ChannelState
from infra.machine.commands.options import as_json, located, print_json
from infra.machine.installation import Installation


@click.group()
def channels() -> None:
    """Look at channels, and stop single ones."""


@channels.command("list", epilog="Example: python main.py channels list --watch ana-drive --all")
@located()
@click.option("--watch", help="Only of this watch.")
@click.option("--all", "closed", is_flag=True, help="Closed ones, too.")
@as_json
def list_(*, at: Installation, watch: str | None, closed: bool, as_json: bool) -> None:
    """List channels: their state, age and end."""
    found = _found(at, watch, closed=closed)
    if as_json:
        print_json([to_fields(one) for one in found])
        return
    _print(found, at.clock.now())


@channels.command(epilog="Example: python main.py channels show 3f6c...")
@located()
@click.argument("channel")
@as_json
def show(*, at: Installation, channel: str, as_json: bool) -> None:
    """Show everything that is known of a channel; the beginning of its id is enough."""
    found = to_fields(_one(at, channel))
    if as_json:
        print_json(found)
        return
    width = max(map(len, found))
    for name, value in found.items():
        text = value.isoformat() if isinstance(value, datetime) else value
        click.echo(f"{name:{width}}  {'-' if text in (None, '', {}) else text}")


@channels.command(epilog="Example: python main.py channels stop 3f6c...")
@located(google=True)
@click.argument("channel")
@click.option("--yes", is_flag=True, help="Do not ask.")
def stop(*, at: Installation, channel: str, yes: bool) -> None:
    """Ask Google to end a channel. A watch that wants one gets another at the next tick."""
    from infra.machine.nudges import stop_channel

    record = _one(at, channel)
    if not yes:
        click.confirm(f"Stop channel {record.id} of {record.watch}?", abort=True)
    after = stop_channel(at, record.id)
    click.echo(f"{after.id}: {after.state}")


def _found(at: Installation, watch: str | None, *, closed: bool) -> list[Channel]:
    at.store  # noqa: B018 - refuses a store that is not there
    every = at.operating.all_channels((watch,) if watch else None)
    chosen = [one for one in every if closed or one.state is not ChannelState.CLOSED]
    every_progress = [at.store.progress(watch)] if watch else at.operating.all_progress()
    known = {one.watch: one for one in every_progress if one is not None}
    heard = [as_heard(one, known.get(one.watch)) for one in chosen]
    return sorted(heard, key=lambda one: (one.watch, one.opened_at))


def _one(at: Installation, name: str) -> Channel:
    exact = at.store.channel(name)
    if exact is not None:
        return as_heard(exact, at.store.progress(exact.watch))
    found = [one for one in at.operating.all_channels() if one.id.startswith(name)]
    if len(found) != 1:
        many = f"{len(found)} channels begin with" if found else "there is no channel"
        raise Misconfigured(f"{many} {name!r}: `channels list --all` names them")
    return as_heard(found[0], at.store.progress(found[0].watch))


def _print(found: list[Channel], now: datetime) -> None:
    from rich.console import Console

    from infra.machine.status_table import ago, plain_table

    if not found:
        click.echo("No channels.")
        return
    table = plain_table("channel", "state", "opened", "ends", "heard", "number")
    for one in found:
        times = (one.opened_at, one.closed_at or one.ends_at, one.heard_at)
        told = (ago(time, now) for time in times)
        name = f"{one.id}\n[dim]{one.watch}[/]"
        state = str(one.state) if one.confirmed_at else f"{one.state}\n[yellow]unconfirmed[/]"
        table.add_row(name, state, *told, str(one.last_number or "-"))
    Console().print(table)
