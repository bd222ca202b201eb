"""The commands `dead-letters ...`: list, show, retry, drop."""

from __future__ import annotations

from typing import Any

import click

from functions.domain.fields import to_fields
from infra.machine.commands.options import as_json, counted, located, print_json
from infra.machine.installation import Installation
from infra.machine.letters import Letter, Letters

_MOST = 1000
_topic = click.option(
    "--topic", default="changes", show_default=True, help="In the cloud: the topic of changes."
)
_names = click.argument("letters", nargs=-1)
_every = click.option("--all", "every", is_flag=True, help="All of them.")
_of = click.option("--watch", help="With --all: only of this watch.")


@click.group("dead-letters")
def dead_letters() -> None:
    """Look at what was given up, and have it tried again or forgotten."""


@dead_letters.command("list", epilog="Example: python main.py dead-letters list --watch ana-drive")
@located()
@_topic
@click.option("--watch", help="Only of this watch.")
@as_json
def list_(*, at: Installation, topic: str, watch: str | None, as_json: bool) -> None:
    """List dead letters, oldest first, with their errors."""
    found = Letters(at, topic=topic).list(watch=watch, limit=_MOST)
    if as_json:
        print_json([to_fields(letter) for letter in found])
        return
    for letter in found:
        click.echo("  ".join(click.unstyle(str(part)) for part in _words(letter)))
    click.echo(counted(len(found), "dead letter"), err=True)


@dead_letters.command(epilog="Example: python main.py dead-letters show 3f6c...")
@located()
@_topic
@click.argument("letter")
@as_json
def show(*, at: Installation, topic: str, letter: str, as_json: bool) -> None:
    """Show a dead letter and what was to be delivered; the beginning of its id is enough."""
    found, data = Letters(at, topic=topic).show(letter)
    fields = to_fields(found)
    text = data.decode(errors="replace")
    if as_json:
        print_json({**fields, "body": text})
        return
    for name, value in fields.items():
        click.echo(f"{name:8}  {value}")
    click.echo(text)


@dead_letters.command(epilog="Example: python main.py dead-letters retry --all --watch ana-drive")
@located()
@_topic
@_names
@_every
@_of
def retry(
    *, at: Installation, topic: str, letters: tuple[str, ...], every: bool, watch: str | None
) -> None:
    """Have dead letters delivered once more, at the end of what waits for their watch."""
    found = Letters(at, topic=topic)
    chosen = _chosen(found, letters, watch, every=every)
    found.retry(chosen)
    click.echo(f"{counted(len(chosen), 'dead letter')} queued again")


@dead_letters.command(epilog="Example: python main.py dead-letters drop 3f6c...")
@located()
@_topic
@_names
@_every
@_of
def drop(
    *, at: Installation, topic: str, letters: tuple[str, ...], every: bool, watch: str | None
) -> None:
    """Forget dead letters for good."""
    found = Letters(at, topic=topic)
    chosen = _chosen(found, letters, watch, every=every)
    found.drop(chosen)
    click.echo(f"{counted(len(chosen), 'dead letter')} dropped")


def _chosen(
    found: Letters, names: tuple[str, ...], watch: str | None, *, every: bool
) -> tuple[str, ...]:
    if every == bool(names):
        raise click.UsageError("name dead letters, or give --all, not both")
    if not every:
        return tuple(dict.fromkeys(names))
    return tuple(letter.id for letter in found.list(watch=watch, limit=100_000))


def _words(letter: Letter) -> tuple[Any, ...]:
    at = letter.at.isoformat(timespec="seconds")
    return letter.id, at, letter.watch, letter.handler, f"{letter.attempts}x", letter.error
