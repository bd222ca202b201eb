"""The commands `auth ...`: login, list, check, revoke. No token is ever shown."""

from __future__ import annotations

import sys
from datetime import timedelta
from pathlib import Path

import click

from functions.domain.errors import Misconfigured, Trouble
from functions.sources.table import SOURCES
from infra.machine.commands.options import PORT, Duration, as_json, counted, located, print_json
from infra.machine.installation import Installation

SOURCE = click.option(
    "--source",
    "sources",
    multiple=True,
    type=click.Choice(sorted(SOURCES)),
    help="For this source; may be repeated [default: those of the subject's watches].",
)


@click.group()
def auth() -> None:
    """Have people consent to be acted for, and look after their consents.

    For a whole domain an administrator authorises the workspace account instead: `auth check`
    says how.
    """


@auth.command(epilog="Example: python main.py auth login ana@example.com --source drive.changes")
@located(watches=True)
@click.argument("subject")
@SOURCE
@click.option(
    "--client",
    type=click.Path(dir_okay=False, path_type=Path),
    default=Path("client_secret.json"),
    show_default=True,
    help="The OAuth client (type Desktop app), downloaded from the console.",
)
@click.option("--port", type=PORT, default=0, help="Loopback port of the answer [a free one].")
@click.option("--no-browser", is_flag=True, help="Only print the address to open.")
@click.option("--patience", type=Duration(), default="5m", show_default=True)
def login(
    *,
    at: Installation,
    subject: str,
    sources: tuple[str, ...],
    client: Path,
    port: int,
    no_browser: bool,
    patience: timedelta,
) -> None:
    """Let one account consent in a browser, and store its refresh token as a secret."""
    from infra.machine import consents

    wanted = _scopes(at, subject, sources)
    found = consents.ask(
        consents.read_client(client),
        subject,
        wanted,
        port=port,
        say=click.echo,
        browser=not no_browser,
        patience=patience,
        now=at.clock.now(),
    )
    name = consents.store(at, found)
    click.echo(f"The consent of {found.subject} is stored as the secret {name}.")
    if found.fields.get("expires_in"):
        days = int(found.fields["expires_in"]) // 86400
        click.echo(
            f"It ends in {counted(days, 'day')}: the app is in `Testing`. Publish it "
            "(Google Auth Platform, Audience), then log in again."
        )
    _tell_missing(found.missing(wanted), subject)


@auth.command("list", epilog="Example: python main.py auth list --json")
@located()
@as_json
def list_(*, at: Installation, as_json: bool) -> None:
    """List the accounts whose consent is stored, and what they consented to."""
    from infra.machine import consents

    found = {subject: consents.read(at, subject) for subject in consents.stored(at)}
    if as_json:
        print_json(
            [
                {
                    "subject": subject,
                    "scopes": list(one.scopes) if one else [],
                    "stored_at": one.fields.get("stored_at") if one else None,
                }
                for subject, one in found.items()
            ]
        )
        return
    for subject, one in found.items():
        scopes = one.scopes if one else ()
        short = ", ".join(scope.rpartition("/")[2] for scope in scopes) or "unknown scopes"
        since = (one.fields.get("stored_at") if one else None) or "unknown"
        click.echo(f"{subject}  {short}  since {since}")
    if not found:
        click.echo("No consents are stored: auth login SUBJECT.")


@auth.command(epilog="Example: python main.py auth check ana@example.com --source drive.changes")
@located(watches=True, google=True)
@click.argument("subject")
@SOURCE
def check(*, at: Installation, subject: str, sources: tuple[str, ...]) -> None:
    """Check whether a subject can be acted for: by its consent, else by delegation per scope.

    Exit status 1 if it cannot, with the exact next step.
    """
    from infra.machine import consents, delegation

    wanted = _scopes(at, subject, sources)
    consent = consents.read(at, subject)
    if consent is not None:
        granted = consents.refresh(consent, now=at.clock.now())
        click.echo(f"{subject} has consented, and the consent is good.")
        _tell_missing([scope for scope in wanted if scope not in granted], subject)
        return
    click.echo(f"{subject} has no stored consent; delegation, scope by scope:")
    missing = []
    for scope, trouble in delegation.check(at, subject, wanted):
        click.echo(f"{'ok' if trouble is None else 'XX'} {scope}{_because(trouble)}")
        missing += [scope] if trouble is not None else []
    if missing:
        click.echo(f"   next: {delegation.step(at, missing)}")
        click.echo(f"   or, for this account alone: auth login {subject}")
        sys.exit(1)


@auth.command(epilog="Example: python main.py auth revoke ana@example.com")
@located()
@click.argument("subject")
def revoke(*, at: Installation, subject: str) -> None:
    """Give a consent back to Google, and forget its token."""
    from infra.machine import consents

    consent = consents.read(at, subject)
    if consent is None:
        raise Misconfigured(f"{subject} has no stored consent: `auth list` names those who have")
    known = consents.revoke(at, consent)
    ended = "revoked" if known else "void already"
    click.echo(f"The consent of {subject} is {ended} and forgotten. Its watches will be parked.")


def _because(trouble: Trouble | None) -> str:
    return f": {trouble.text}" if trouble is not None else ""


def _tell_missing(missing: list[str], subject: str) -> None:
    if missing:
        click.echo(f"Missing scopes: {', '.join(missing)}")
        click.echo(f"   next: auth login {subject}, and tick every box")
        sys.exit(1)


def _scopes(at: Installation, subject: str, sources: tuple[str, ...]) -> list[str]:
    """Give the scopes of the sources named, else of the subject's watches."""
    names = set(sources) or _watched(at, subject)
    if not names:
        raise Misconfigured(f"no watch of {subject} is declared: name what it is for with --source")
    return sorted({scope for name in names for scope in SOURCES[name].profile.scopes})


def _watched(at: Installation, subject: str) -> set[str]:
    from infra.machine.declared import declared

    try:
        documents = declared(at).values()
    except Misconfigured:
        from infra.local.watches_file import read_watches

        if at.site.is_cloud or not at.site.watches.exists():
            return set()
        documents = read_watches(at.site.watches).documents.values()
    everybody = f"*@{subject.partition('@')[2]}".lower()
    return {
        one["source"]
        for one in documents
        if str(one.get("subject", "")).lower() in {subject.lower(), everybody}
        and one.get("source") in SOURCES
    }
