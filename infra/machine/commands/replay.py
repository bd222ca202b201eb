"""The command `replay`: publishes the changes of a watch once more."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import click

from functions.domain.duration import parse_duration
from functions.domain.errors import Invalid
from infra.machine.commands.options import counted, located
from infra.machine.installation import Installation
from infra.machine.repeating import changes_of
from infra.machine.repeating import replay as repeat


class Moment(click.ParamType[datetime]):
    """A time such as 2026-03-01T12:00:00Z, or how long ago it was, such as 2h."""

    name = "time"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> datetime:
        """Read the time; one without a zone is in UTC."""
        try:
            return datetime.now(UTC) - parse_duration(str(value))
        except Invalid:
            pass
        except OverflowError:
            return datetime.fromtimestamp(0, UTC)
        try:
            time = datetime.fromisoformat(str(value))
        except ValueError:
            text = "is neither a time such as 2026-03-01T12:00:00Z nor a length such as 2h"
            self.fail(f"{value!r} {text}", param, ctx)
        return time if time.tzinfo else time.replace(tzinfo=UTC)


@click.command(epilog="Example: python main.py replay --watch ana-drive --since 2h")
@located()
@click.option("--watch", required=True, help="Whose changes.")
@click.option("--since", type=Moment(), required=True, help="From when on, or how long back.")
@click.option("--name", help="What the run is called [default: by time and chance].")
@click.option("--topic", default="changes", show_default=True, help="In the cloud: the topic.")
def replay(*, at: Installation, watch: str, since: datetime, name: str | None, topic: str) -> None:
    """Publish the changes of a watch once more, as the topic has kept them, for at most 7 days.

    Each keeps its id and carries the run's name as `replay`: handlers run again for it, and
    whoever remembers ids sees that it is no news.
    """
    at.store  # noqa: B018 - refuses a store that is not there
    run = name or f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}-{at.chance.new_id()[:6]}"
    number = repeat(changes_of(at, topic), watch, since=since, name=run)
    click.echo(f"{counted(number, 'change')} of {watch} queued again as replay {run}")
