"""The command line: `python main.py COMMAND`. Errors say the next step, statuses serve scripts."""

from __future__ import annotations

import os
import signal
import sys
import threading
from datetime import timedelta
from pathlib import Path

import click

from functions.domain.errors import Misconfigured, Trouble
from infra.machine.commands.options import FAILED, PORT, Duration, Root, placed
from infra.machine.commands.table import OPERATING
from infra.machine.wiring import Place

WRONG = 2  # something the user can mend: an option, a file, a port


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option("0.1.0", prog_name="watchkeeper")
def cli() -> None:
    """Watchkeeper keeps Google API watches alive and turns them into reliable change events."""


@cli.command(epilog="Example: python main.py serve --watches watches.yaml --changes -")
@click.option(
    "--watches",
    type=click.Path(dir_okay=False, path_type=Path),
    default=Path("watches.yaml"),
    show_default=True,
    help="The declared watches; read again when the file changes, and on SIGHUP.",
)
@placed
@click.option("--google", type=Root(), help="Send every Google API call there: a simulated Google.")
@click.option("--public-url", type=Root(), help="How Google reaches --port, e.g. a tunnel's URL.")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address of the public port.")
@click.option("--port", type=PORT, default=8080, show_default=True, help="Port of /receive.")
@click.option("--internal-port", type=PORT, help="Port of /renew and /sync [default: PORT+1].")
@click.option(
    "--tick", type=Duration(), default="60s", show_default=True, help="How often to renew."
)
@click.option("--changes", help="Append change events to this file; - is standard output.")
@click.option(
    "--gmail-topic",
    default="projects/local/topics/gmail",
    show_default=True,
    help="The topic that Gmail is told to publish to.",
)
@click.option(
    "--gmail-subscription",
    help="With real Google: the pull subscription of that topic; without it mailboxes are polled.",
)
@click.option(
    "--allow-private-forward",
    is_flag=True,
    help="Let `forward` call loopback and private addresses.",
)
@click.option("--for", "length", type=Duration(), help="End by itself after so long.")
def serve(  # noqa: PLR0913 - the options of the command
    *,
    watches: Path,
    store: str,
    secrets: Path | None,
    google: str | None,
    public_url: str | None,
    host: str,
    port: int,
    internal_port: int | None,
    tick: timedelta,
    changes: str | None,
    gmail_topic: str,
    gmail_subscription: str | None,
    allow_private_forward: bool,
    length: timedelta | None,
) -> None:
    """Run the whole system on this machine."""
    from infra.machine.serve import Serving
    from infra.machine.serve import serve as run

    serving = Serving(
        watches=watches,
        place=Place(store=store, secrets=secrets),
        google=google,
        public_url=public_url,
        host=host,
        port=port,
        internal_port=internal_port,
        tick=tick,
        changes=changes,
        gmail_topic=gmail_topic,
        gmail_subscription=gmail_subscription,
        allow_private_forward=allow_private_forward,
        length=length,
    )
    run(serving, ready=lambda text: click.echo(text, err=True))


@cli.command(epilog="Example: python main.py simulate --port 9000")
@click.option("--port", type=PORT, default=9000, show_default=True, help="Port to serve on.")
def simulate(*, port: int) -> None:
    """Run the simulated Google alone."""
    from infra.local.google import run

    try:
        run(port)
    except OSError as error:
        raise Misconfigured(
            f"port {port} cannot be used ({error.strerror}): choose another with --port"
        ) from None


@cli.command(epilog="Example: python main.py demo")
@click.option("--keep", is_flag=True, help="Stay up, with a page to look at and play with.")
@click.option("--for", "length", type=Duration(), default="8h", help="With --keep: so long.")
def demo(*, keep: bool, length: timedelta) -> None:
    """Show the whole loop on a simulated Google: ends by itself, status 0 if all arrived."""
    from infra.machine.demo import run

    sys.exit(run(click.echo, keep=length if keep else None))


for _command in OPERATING:
    cli.add_command(_command)


def main() -> None:
    """Run the command line; what a user can mend is a sentence, never a stack trace."""
    if threading.current_thread() is threading.main_thread():
        # Whoever ends a command lets it tidy up, as Ctrl-C does: a subscription of its own goes.
        signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        # bin/watchkeeper has a name of its own, which a shell can complete.
        name = os.environ.get("WATCHKEEPER_COMMAND", "python main.py")
        cli.main(prog_name=name, complete_var="_WATCHKEEPER_COMPLETE", standalone_mode=True)
    except Misconfigured as fault:
        click.echo(f"error: {fault.full}", err=True)
        sys.exit(WRONG)
    except Trouble as trouble:
        click.echo(f"error: {trouble.text}", err=True)
        sys.exit(FAILED)
    except OSError as error:  # a file or folder is not as it should be, or not ours
        click.echo(f"error: {error.filename or 'the system says'}: {error.strerror}", err=True)
        sys.exit(WRONG)
