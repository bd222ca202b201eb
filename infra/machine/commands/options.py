"""Options that commands share: lengths of time, URLs, and where an installation is."""

from __future__ import annotations

import functools
import json
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import click

from functions.domain.duration import parse_duration
from functions.domain.errors import Invalid, Misconfigured
from infra.machine.installation import DEFAULT_DATABASE, Installation, Site
from infra.machine.wiring import DEFAULT_STORE, Place

Command = Callable[..., Any]
FAILED = 1
EXAMPLE = "http://127.0.0.1:9000"
PORT = click.IntRange(0, 65535)


class Duration(click.ParamType[timedelta]):
    """A length of time such as 0.5s or 10m."""

    name = "duration"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> timedelta:
        """Read the length."""
        if isinstance(value, timedelta):
            return value
        try:
            return parse_duration(value)
        except Invalid as invalid:
            self.fail(invalid.text, param, ctx)


class Root(click.ParamType[str]):
    """The root URL of a server."""

    name = "url"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Read the URL."""
        text = str(value)
        try:
            parts = urlsplit(text)
            whole = bool(parts.hostname) and parts.port != 0
        except ValueError:  # a port that is none, half an IPv6 address
            whole = False
        if not whole or parts.scheme not in {"http", "https"} or set(text) & set("?#@ "):
            self.fail(f"{text!r} is not an http or https URL such as {EXAMPLE}", param, ctx)
        return text.rstrip("/")


def placed(command: Command) -> Command:
    """Add the options that say where state and secrets of one machine are."""
    command = click.option(
        "--secrets",
        type=click.Path(file_okay=False, path_type=Path),
        help="Folder of secrets [default: `secrets` beside the SQLite file].",
    )(command)
    return click.option(
        "--store",
        default=DEFAULT_STORE,
        show_default=True,
        help="Where the state is: sqlite:PATH or firestore.",
    )(command)


_WATCHES = click.option(
    "--watches",
    type=click.Path(dir_okay=False, path_type=Path),
    help="The declared watches [default: watches.yaml; with --project Firestore's documents].",
)
_CLOUD = (
    click.option("--project", help="The cloud project it runs in, instead of this machine."),
    click.option("--database", help=f"Its Firestore database [default: {DEFAULT_DATABASE}]."),
)
_GOOGLE = (
    click.option("--google", type=Root(), help="Send Google API calls there: a simulated Google."),
    click.option("--workspace", help="With --project: the service account that Google knows."),
)


def located(*, watches: bool = False, google: bool = False) -> Callable[[Command], Command]:
    """Add the options that say where an installation is; the command gets it as `at`."""

    def decorate(command: Command) -> Command:
        @functools.wraps(command)
        def located_command(**given: Any) -> Any:
            return command(at=Installation(_site(given)), **given)

        for option in reversed(
            (*((_WATCHES,) if watches else ()), *_CLOUD, *(_GOOGLE if google else ()))
        ):
            located_command = option(located_command)
        return placed(located_command)

    return decorate


def _site(given: dict[str, Any]) -> Site:
    watches = given.pop("watches", None)
    given_database = given.pop("database")
    site = Site(
        place=Place(store=given.pop("store"), secrets=given.pop("secrets")),
        watches=watches or Path("watches.yaml"),
        has_file=watches is not None,
        project=given.pop("project"),
        database=given_database or DEFAULT_DATABASE,
        google=given.pop("google", None),
        workspace=given.pop("workspace", None),
    )
    if site.project is not None and site.place.store != DEFAULT_STORE:
        raise Misconfigured("--project and --store exclude each other: name one of them")
    if given_database is not None and site.project is None:
        raise Misconfigured("--database is of a cloud project: name it with --project")
    return site


as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON for a script.")


def print_json(value: object) -> None:
    """Print a value, times as RFC 3339."""
    click.echo(json.dumps(value, indent=2, default=_text))


def _text(value: object) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)


def counted(number: int, one: str, more: str = "") -> str:
    """Say how many there are of something."""
    return f"{number} {one if number == 1 else more or one + 's'}"
