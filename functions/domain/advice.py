"""Says what is to be done about a parked watch: alike in the log, `status`, `doctor`, the console.

What it names are commands of Watchkeeper's command line, without `python main.py` before them.
"""

from __future__ import annotations

from collections.abc import Iterable

from functions.domain.model import Progress, Verdict


def advice(progress: Progress, *, others: Iterable[str] = (), is_readable: bool = True) -> str:
    """Give the next step; empty for a watch that is not parked.

    Args:
        progress: what is known of the watch.
        others: watches that are parked for the same.
        is_readable: whether its declaration can be read.
    """
    names = " ".join((progress.watch, *others))
    match progress.verdict:
        case Verdict.UNAUTHORIZED:
            who = progress.subject or "SUBJECT"
            return f"give access back (auth check {who}), then: watch pull {names}"
        case Verdict.NOT_FOUND:
            return f"what was watched is gone: watch remove {names}, or restore it and watch pull"
        case Verdict.INVALID if is_readable and progress.cursor is not None:
            # Google took these parameters at the baseline: what it refuses now is the cursor.
            return (
                f"watch reset-cursor {names} (what changed since the last pull is never told); "
                "if Google refuses that, too, mend the declaration"
            )
        case Verdict.INVALID:
            return "mend the declaration"
        case _:
            return ""
