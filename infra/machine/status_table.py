"""Prints a status as tables for a person."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table

BAR = 8
WIDE = 140  # characters of a terminal from which on each fact has a column of its own
COLOURS = {
    "covered": "green",
    "polled": "green",
    "paused": "dim",
    "starting": "yellow",
    "uncovered": "yellow",
    "failing": "red",
    "parked": "red",
    "invalid": "red",
}
_FACTS = ("last notification", "last pull", "lag", "next due", "uncovered")
_SHORT = ("notified", "pulled", "lag", "due", "gap")


def print_table(found: Mapping[str, Any]) -> None:
    """Print the watches with their channels, then what is wrong and why."""
    console = Console()
    now, rows = found["now"], found["watches"]
    watches = _wide(rows, now) if console.width >= WIDE else _narrow(rows, now)
    console.print(watches if rows else "No watches are declared.")
    channels = _channels(rows, now)
    if channels.row_count:
        console.print(channels)
    for text in _troubles(found):
        console.print(text, style="red", markup=False, highlight=False, soft_wrap=True)


def _wide(rows: Sequence[Mapping[str, Any]], now: datetime) -> Table:
    table = Table("watch", "source", "subject", "state", "coverage", *_FACTS)
    for row in rows:
        about = (row["id"], str(row["source"]), row["subject"] or "-", _state(row))
        table.add_row(*about, bar(row, now), *_facts(row, now))
    return table


def _narrow(rows: Sequence[Mapping[str, Any]], now: datetime) -> Table:
    """Say whose a watch is beneath its id, and leave out what is nought for all of them."""
    facts = [_facts(row, now) for row in rows]
    told = [{one[n] for one in facts} for n, _ in enumerate(_FACTS)]
    shown = [n for n, texts in enumerate(told) if texts - {"0 s", "-"}]
    table = plain_table("watch", "state", "coverage", *(_SHORT[n] for n in shown))
    table.columns[1].no_wrap = table.columns[2].no_wrap = True
    for row, fact in zip(rows, facts, strict=True):
        whose = f"{row['id']}\n[dim]{row['source']}\n{row['subject'] or '-'}[/]"
        drawn = bar(row, now, size=BAR // 2)
        table.add_row(whose, _state(row), drawn, *(fact[n] for n in shown))
    return table


def _facts(row: Mapping[str, Any], now: datetime) -> tuple[str, ...]:
    return (
        ago(row["heard_at"], now),
        ago(row["pulled_at"], now),
        f"{row['lag_seconds']:.0f} s",
        ago(row["due_at"], now),
        f"{row['uncovered_seconds']:g} s",
    )


def _state(row: Mapping[str, Any]) -> str:
    return f"[{COLOURS.get(row['state'], '')}]{row['state']}[/]"


def _channels(rows: Sequence[Mapping[str, Any]], now: datetime) -> Table:
    table = plain_table("channel", "state", "opened", "confirmed", "expires")
    for row in rows:
        for channel in row["channels"]:
            times = (channel[name] for name in ("opened_at", "confirmed_at", "expiration"))
            told = (ago(time, now) for time in times)
            table.add_row(f"{channel['id']}\n[dim]{row['id']}[/]", channel["state"], *told)
    return table


def plain_table(*names: str) -> Table:
    """Make a table whose first column is never cut: it goes on in the next line."""
    table = Table(*names, box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))
    table.columns[0].overflow, table.columns[0].min_width = "fold", 12
    return table


def _troubles(found: Mapping[str, Any]) -> list[str]:
    file = found["watches_file"] or {}
    fault = file.get("fault")
    lines = [f"watches file refused, the last good one counts:\n{fault}"] if fault else []
    for row in found["watches"]:
        reasons = [row["fault"], _reason(row, found["now"]), row["open_reason"]]
        lines += [f"{row['id']}: {reason}" for reason in reasons if reason]
        lines += [f"   next: {row['next_step']}"] if row["next_step"] else []
        for one in row["handlers"]:
            lines += [f"{row['id']}: {_handler(one)}", f"   next: {one['next_step']}"]
    return lines


def _handler(one: Mapping[str, Any]) -> str:
    parts = [(one["waiting"], "to be tried again"), (one["given_up"], "given up")]
    told = ", ".join(f"{number} {what}" for number, what in parts if number)
    return f"{one['handler']} fails ({told}): {one['error']}"


def _reason(row: Mapping[str, Any], now: datetime) -> str:
    since = row.get("unlisted_since")
    if since is None:
        return str(row["reason"])
    return f"its users cannot be listed (first failed {ago(since, now)}): {row['reason']}"


def bar(row: Mapping[str, Any], now: datetime, *, size: int = BAR) -> str:
    """Draw how much of the granted life is left, and how long that is."""
    until, granted = row["covered_until"], row["granted_seconds"]
    if until is None or until <= now:
        return "-"
    left = (until - now).total_seconds()
    full = round(size * min(left / granted, 1.0)) if granted else size
    return f"{'█' * full}{'░' * (size - full)} {ago(until, now).removeprefix('in ')}"


def ago(time: datetime | None, now: datetime) -> str:
    """Say a time as people do: "12 s ago", "in 3 min"."""
    if time is None:
        return "-"
    seconds = (time - now).total_seconds()
    size = abs(seconds)
    for unit, length in (("d", 86400), ("h", 3600), ("min", 60)):
        if size >= 2 * length:
            text = f"{size / length:.0f} {unit}"
            break
    else:
        text = f"{size:.0f} s"
    return f"in {text}" if seconds > 0 else f"{text} ago"
