"""The command `console`: a page on this machine where one can look at everything."""

from __future__ import annotations

import threading
import webbrowser
from datetime import timedelta
from pathlib import Path

import click

from infra.machine.commands.options import PORT, Duration, located
from infra.machine.installation import Installation


@click.command(epilog="Example: python main.py console --project my-project")
@located()
@click.option("--port", type=PORT, default=0, help="Port on loopback [default: a free one].")
@click.option(
    "--changes",
    type=click.Path(dir_okay=False, path_type=Path),
    default=Path("changes.jsonl"),
    show_default=True,
    help="The file of `serve --changes`; with --project the topic `changes` is followed.",
)
@click.option("--no-browser", is_flag=True, help="Only print the address.")
@click.option("--for", "length", type=Duration(), help="End by itself after so long.")
def console(
    *, at: Installation, port: int, changes: Path, no_browser: bool, length: timedelta | None
) -> None:
    """Show all watches with their channels over time, and changes as they arrive.

    The page is served to this machine alone, at an address with a key in it that is drawn anew at
    each start. It only looks; nothing is deployed.
    """
    from infra.machine.console.serving import Served

    served = Served(at, port=port, changes=changes)
    served.start()
    click.echo(f"The console is at {served.url} (Ctrl-C ends it)")
    if not no_browser:
        webbrowser.open(served.url)
    try:
        threading.Event().wait(length.total_seconds() if length else None)
    except KeyboardInterrupt:
        click.echo("Ended.")
    finally:
        served.stop()
