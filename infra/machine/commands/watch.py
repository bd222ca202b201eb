"""The commands `watch ...`: add, remove, pause, resume, pull, reset-cursor."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import click

from functions.domain.errors import Misconfigured
from infra.machine.commands.options import located
from infra.machine.installation import Installation

NAMES = click.argument("names", metavar="WATCH...", nargs=-1, required=True)


@click.group()
def watch() -> None:
    """Add, remove, pause, resume, pull and restart single watches.

    On one machine the watches file is edited (its comments stay) and `serve` takes it up by
    itself; with --project Firestore's documents are. What Terraform manages is left to it.
    """


@watch.command(
    epilog="Example: python main.py watch add ana-drive drive.changes --subject ana@example.com"
)
@located(watches=True)
@click.argument("name", metavar="ID")
@click.argument("source")
@click.option("--subject", help='The account it acts as; "*@DOMAIN" for everybody.')
@click.option("--admin", help="Who may read the domain's directory.")
@click.option("--param", "params", multiple=True, metavar="KEY=VALUE", help="May be repeated.")
@click.option("--poll", help="How often to look even if Google sends nothing [default: 1h].")
@click.option("--ttl", help="The life to ask of Google for a channel.")
@click.option("--no-push", is_flag=True, help="Only poll.")
def add(*, at: Installation, name: str, source: str, no_push: bool, **given: Any) -> None:
    """Declare one more watch."""
    document: dict[str, Any] = {"source": source}
    params = dict(_pair(text) for text in given.pop("params"))
    document |= {key: value for key, value in given.items() if value is not None}
    document |= {"params": params} if params else {}
    document |= {"push": False} if no_push else {}

    def change(known: Mapping[str, Any] | None) -> Mapping[str, Any]:
        if known is not None:
            raise Misconfigured(f"{name!r} is declared already: remove it first, or edit it")
        return document

    _edit(at, (name,), change, lambda entries: entries.append({"id": name, **document}))
    click.echo(f"{name} is declared.")


@watch.command(epilog="Example: python main.py watch remove ana-drive")
@located(watches=True)
@NAMES
def remove(*, at: Installation, names: tuple[str, ...]) -> None:
    """Declare watches no longer: channels are stopped, what was read is kept for 30 days."""

    def drop(entries: list[Any]) -> None:
        from infra.machine.watches_editor import find

        for name in names:
            entries.remove(find(entries, name, at.site.watches))

    _edit(at, names, lambda known: _known(known) and None, drop)
    click.echo(f"{', '.join(names)}: declared no longer.")


@watch.command(epilog="Example: python main.py watch pause ana-drive")
@located(watches=True)
@NAMES
def pause(*, at: Installation, names: tuple[str, ...]) -> None:
    """Stop the channels of watches and keep their place."""
    _set_paused(at, names, paused=True)
    click.echo(f"{', '.join(names)}: paused.")


@watch.command(epilog="Example: python main.py watch resume ana-drive")
@located(watches=True)
@NAMES
def resume(*, at: Installation, names: tuple[str, ...]) -> None:
    """Go on where a paused watch was."""
    _set_paused(at, names, paused=False)
    click.echo(f"{', '.join(names)}: resumed.")


@watch.command(epilog="Example: python main.py watch pull ana-drive")
@located()
@NAMES
def pull(*, at: Installation, names: tuple[str, ...]) -> None:
    """Have watches read at the next tick, back-offs of ours ended."""
    from infra.machine.nudges import pull_soon

    for name in names:
        pull_soon(at, name)
    click.echo(f"{', '.join(names)}: pulled at the next tick.")


@watch.command("reset-cursor", epilog="Example: python main.py watch reset-cursor ana-drive --yes")
@located()
@NAMES
@click.option("--yes", is_flag=True, help="Do not ask.")
def reset_cursor(*, at: Installation, names: tuple[str, ...], yes: bool) -> None:
    """Let watches start anew from now on. What changed since the last pull is never told."""
    from infra.machine.nudges import start_anew

    if not yes:
        click.confirm(
            f"Changes of {', '.join(names)} since the last pull will never be told. Go on?",
            abort=True,
        )
    for name in names:
        start_anew(at, name)
    click.echo(f"{', '.join(names)}: start anew at the next tick.")


def _set_paused(at: Installation, names: tuple[str, ...], *, paused: bool) -> None:
    def change(known: Mapping[str, Any] | None) -> Mapping[str, Any]:
        rest = {key: value for key, value in _known(known).items() if key != "paused"}
        return {**rest, "paused": True} if paused else rest

    def edit(entries: list[Any]) -> None:
        from infra.machine.watches_editor import find

        for name in names:
            entry = find(entries, name, at.site.watches)
            if paused:
                entry["paused"] = True
            else:
                entry.pop("paused", None)

    _edit(at, names, change, edit)


def _edit(
    at: Installation,
    names: tuple[str, ...],
    change: Callable[[Mapping[str, Any] | None], Mapping[str, Any] | None],
    edit: Callable[[list[Any]], None],
) -> None:
    """Edit Firestore's documents in the cloud, the file on one machine."""
    if at.site.is_cloud:
        from infra.machine.declared import edit_documents

        edit_documents(at, names, change)
        return
    from infra.machine.watches_editor import edit_file

    edit_file(at.site.watches, edit)


def _known(document: Mapping[str, Any] | None) -> Mapping[str, Any]:
    if document is None:
        raise Misconfigured("no such watch is declared: `status` lists them")
    return document


def _pair(text: str) -> tuple[str, Any]:
    key, found, value = text.partition("=")
    if not found or not key:
        raise click.BadParameter(f"{text!r} is not KEY=VALUE", param_hint="--param")
    # A parameter that is a list is written with commas: labelIds=INBOX,STARRED
    return key, value.split(",") if key == "labelIds" else value
