"""The command `tail`: follows change events as they arrive."""

from __future__ import annotations

import fnmatch
import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import click

from infra.machine.commands.options import Duration


@click.command(
    epilog="Example: python main.py tail changes.jsonl --watch 'ana-*' --type '*.file.*'"
)
@click.argument(
    "file", type=click.Path(dir_okay=False, path_type=Path), default=Path("changes.jsonl")
)
@click.option("--project", help="Follow the topic `changes` of this cloud project instead.")
@click.option("--topic", default="changes", show_default=True, help="The topic's name.")
@click.option("--watch", "watches", multiple=True, metavar="GLOB", help="Only of these watches.")
@click.option("--type", "types", multiple=True, metavar="GLOB", help="Only of these types.")
@click.option("-n", "--lines", default=10, show_default=True, help="Begin so many events back.")
@click.option("--no-follow", is_flag=True, help="Show what is there, and end.")
@click.option("--for", "length", type=Duration(), help="End by itself after so long.")
@click.option("--json", "as_json", is_flag=True, help="Print the events as they are.")
def tail(  # noqa: PLR0913 - the options of the command
    *,
    file: Path,
    project: str | None,
    topic: str,
    watches: tuple[str, ...],
    types: tuple[str, ...],
    lines: int,
    no_follow: bool,
    length: timedelta | None,
    as_json: bool,
) -> None:
    """Follow change events: the file of `serve --changes FILE`, or the topic in the cloud.

    In the cloud a subscription of its own is made, and deleted at the end: nobody else's events
    are taken.
    """
    from infra.machine.following import follow_file, follow_topic

    events = (
        follow_topic(project, topic, length=length)
        if project
        else follow_file(file, back=lines, follow=not no_follow, length=length)
    )
    try:
        for event in events:
            if _fits(event, "watch", watches) and _fits(event, "type", types):
                click.echo(json.dumps(event) if as_json else _line(event))
    except KeyboardInterrupt:
        return


def _fits(event: dict[str, Any], name: str, globs: tuple[str, ...]) -> bool:
    value = str(event.get(name, ""))
    return not globs or any(fnmatch.fnmatchcase(value, glob) for glob in globs)


def _line(event: dict[str, Any]) -> str:
    data = event.get("data")
    item = data.get("item") if isinstance(data, dict) else None
    name = (
        next((item[key] for key in ("name", "summary", "title") if key in item), "")
        if (isinstance(item, dict))
        else ""
    )
    kind = str(event.get("type", "")).removeprefix("watchkeeper.")
    parts = (event.get("time"), event.get("watch"), kind, event.get("subject"), name)
    return "  ".join(click.unstyle(str(part)) for part in parts if part)
