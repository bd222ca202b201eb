"""What a pull leaves behind in the progress of its watch: read well, or set back by a trouble."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from functions.domain import backoff, errors
from functions.domain.model import Progress, Verdict
from functions.schedule import look_by, released
from functions.verdict import pass_verdict


def read_well(progress: Progress, *, now: datetime, pull_at: datetime, fresh: bool) -> Progress:
    """Give the progress after a pull that read everything there is; `fresh` after a baseline."""
    parked = progress.verdict.parks
    verdict = Verdict.OK if parked else progress.verdict
    reason = "" if verdict is Verdict.OK else progress.reason
    after = pass_verdict(progress, verdict, reason, now=now)
    after = replace(after, failures=0, held=False, pull_at=pull_at, found_at=None)
    if parked and not after.open_held:
        # What Google refused before that (to push for it, too) was refused to whoever was parked.
        after = replace(after, open_after=None, open_failures=0)
    # A cursor is there now, or access is: it may want a channel.
    return look_by(after, now) if parked or fresh else after


def set_back(
    progress: Progress,
    trouble: errors.Trouble,
    *,
    now: datetime,
    spread: float,
    sure: bool = False,
) -> Progress:
    """Give the progress after a pull that Google refused or failed.

    A container may be missing for a moment: its 404 counts the second time in a row, unless the
    pull is `sure`.
    """
    failures = progress.failures + 1
    after = replace(progress, failures=failures, reason=trouble.text, held=False, found_at=None)
    if isinstance(trouble, errors.Refused):
        lasts = failures > 1 or progress.verdict.parks
        if sure or lasts or trouble.verdict is not Verdict.NOT_FOUND:
            retry_at = now + backoff.parked_delay(trouble.verdict, failures, spread)
            after = pass_verdict(after, trouble.verdict, trouble.text, now=now, retry_at=retry_at)
            return look_by(replace(after, pull_at=retry_at), now)
    wait = backoff.pull_delay(failures, spread)
    if isinstance(trouble, errors.Unavailable):
        if isinstance(trouble, errors.RateLimited):
            wait = backoff.rate_delay(failures, spread)
        wait = max(wait, trouble.delay or timedelta(0))
        after = replace(after, held=trouble.asked)
    return replace(after, retry_at=now + wait, pull_at=now + wait)


def ended(progress: Progress, now: datetime) -> Progress:
    """Give the lease back; with notices to tell, the watch stays due."""
    if progress.notices:
        progress = replace(progress, pull_at=now)
    return released(progress)
