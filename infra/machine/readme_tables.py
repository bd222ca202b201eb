"""Writes the tables of the README from the code they describe (`make tables`)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from functions.domain.duration import format_duration
from functions.sources.source import Profile
from functions.sources.table import SOURCES
from infra.settings import VARIABLES

README = Path(__file__).resolve().parents[2] / "README.md"
SCOPES = "https://www.googleapis.com/auth/"


def sources_table() -> str:
    """Give the table of what can be watched."""
    rows = [_source_row(source.profile) for source in SOURCES.values()]
    return (
        _table(
            (
                "source",
                "params (default)",
                "what arrives",
                "life asked (Google's default)",
                "cursor",
                "scopes",
            ),
            rows,
        )
        + "\n¹ needs a `subject`: for the Directory and Reports an administrator.\n"
    )


def settings_table() -> str:
    """Give the table of the environment variables."""
    rows = [
        (f"`{v.name}`", v.purpose, v.allowed, f"`{v.default}`" if v.default else "", v.used_by)
        for v in VARIABLES
    ]
    return _table(("variable", "what for", "allowed", "default", "used by"), rows)


def with_tables(text: str) -> str:
    """Give the README with its tables as the code has them now."""
    for name, table in (("sources", sources_table()), ("settings", settings_table())):
        between = re.compile(rf"(<!-- {name} -->\n).*?(<!-- /{name} -->)", re.DOTALL)
        start, _, rest = between.sub(r"\1\0\2", text).partition("\0")
        text = start + table + rest
    return text


def _source_row(profile: Profile) -> tuple[str, ...]:
    params = ", ".join(_param(profile, name) for name in profile.params)
    return (
        f"`{profile.name}`" + (" ¹" if profile.needs_subject else ""),
        params or "-",
        ", ".join(f"`{kind}`" for kind in profile.kinds),
        f"{format_duration(profile.longest_life)} ({format_duration(profile.default_life)})",
        profile.cursor,
        ", ".join(f"`{scope.removeprefix(SCOPES)}`" for scope in profile.scopes),
    )


def _param(profile: Profile, name: str) -> str:
    if name in profile.required:
        return f"`{name}` (required)"
    default = SOURCES[profile.name].normal({}).get(name)
    return f"`{name}` (`{default}`)" if default else f"`{name}`"


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [head, tuple("---" for _ in head), *rows]
    return "".join("| " + " | ".join(line) + " |\n" for line in lines)


if __name__ == "__main__":
    README.write_text(with_tables(README.read_text()))
