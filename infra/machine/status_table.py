"""Prints a status as tables for a person."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from rich.console import Console
from rich.table import Table

BAR = 8
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


def print_table(found: Mapping[str, Any]) -> None:
    """Print the watches with their channels, then what is wrong and why."""
    console = Console()
    now = found["now"]
    watches = Table(
        "watch",
        "source",
        "subject",
        "state",
        "coverage",
        "messages",
        "last notification",
        "last pull",
        "lag",
        "next due",
        "uncovered",
    )
    channels = Table("channel", "watch", "state", "opened", "confirmed", "expires")
    for row in found["watches"]:
        state = row["state"]
        watches.add_row(
            row["id"],
            str(row["source"]),
            row["subject"] or "-",
            f"[{COLOURS.get(state, '')}]{state}[/]",
            bar(row, now),
            str(max((one["last_number"] for one in row["channels"]), default=0) or "-"),
            ago(row["heard_at"], now),
            ago(row["pulled_at"], now),
            f"{row['lag_seconds']:.0f} s",
            ago(row["due_at"], now),
            f"{row['uncovered_seconds']:g} s",
        )
        for channel in row["channels"]:
            channels.add_row(
                channel["id"],
                row["id"],
                channel["state"],
                ago(channel["opened_at"], now),
                ago(channel["confirmed_at"], now),
                ago(channel["expiration"], now),
            )
    console.print(watches if found["watches"] else "No watches are declared.")
    if channels.row_count:
        console.print(channels)
    for text in _troubles(found):
        console.print(text, style="red", markup=False, highlight=False)


def _troubles(found: Mapping[str, Any]) -> list[str]:
    file = found["watches_file"] or {}
    fault = file.get("fault")
    lines = [f"watches file refused, the last good one counts:\n{fault}"] if fault else []
    for row in found["watches"]:
        reasons = [row["fault"], row["reason"], row["open_reason"]]
        lines += [f"{row['id']}: {reason}" for reason in reasons if reason]
    return lines


def bar(row: Mapping[str, Any], now: datetime) -> str:
    """Draw how much of the granted life is left, and how long that is."""
    until, granted = row["covered_until"], row["granted_seconds"]
    if until is None or until <= now:
        return "-"
    left = (until - now).total_seconds()
    full = round(BAR * min(left / granted, 1.0)) if granted else BAR
    return f"{'█' * full}{'░' * (BAR - full)} {ago(until, now).removeprefix('in ')}"


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
