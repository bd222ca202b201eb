"""Opens a channel: its record, what Google is asked, and what each answer means.

The record is written before Google is asked, and a first message may complete it before Google's
answer does; so the answer is merged into the record as it then stands.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from functions.channels.stopping import closed
from functions.declared.declaration import identity
from functions.domain import backoff, errors, token
from functions.domain.keyring import Ring
from functions.domain.model import Channel, ChannelState, Progress, Verdict, Watch
from functions.ports import Case
from functions.schedule import pull_by
from functions.sources.call import Call
from functions.sources.table import SOURCES
from functions.terms import Terms
from functions.verdict import pass_verdict

OVER = "a channel was over when it was opened: do our clock and Google's agree?"
LONGEST_MILLISECONDS = 15  # digits: up to the year 33658


def new_channel(
    name: str,
    *,
    watch: Watch,
    progress: Progress,
    ring: Ring,
    terms: Terms,
    why: str,
    now: datetime,
) -> Channel:
    """Give the record of a channel `name` that is about to be asked for."""
    life = watch.ttl or SOURCES[watch.source].profile.longest_life
    return Channel(
        id=name,
        watch=progress.watch,
        source=watch.source,
        subject=watch.subject,
        state=ChannelState.OPENING,
        opened_at=now,
        asked_until=now + life,
        key_id=ring.signing(now, settle=terms.settle).id,
        address=terms.address,
        identity=identity(watch),
        why=why,
    )


def watch_call(channel: Channel, *, watch: Watch, cursor: str, ring: Ring) -> Call | None:
    """Build the call that opens `channel`; None if the source sends no notifications."""
    key = ring.find(channel.key_id) or ring.keys[0]
    body = {
        "id": channel.id,
        "type": "web_hook",
        "address": channel.address,
        "token": token.mint(key, channel=channel.id, watch=channel.watch),
        # A string of whole milliseconds: seconds are refused (pushInvalidTtl).
        "expiration": str(int(channel.asked_until.timestamp() * 1000)),
    }
    return SOURCES[watch.source].watch(watch.params, cursor=cursor, body=body)


def answered(
    case: Case,
    channel: str,
    answer: Mapping[str, Any],
    *,
    default: timedelta,
    now: datetime,
    spread: float,
) -> Case:
    """Merge Google's answer into the record; what a first message has told already stays."""
    record = case.channels[channel]
    progress = _expect(case)
    expiration = expiration_of(answer) or record.expiration or record.opened_at + default
    state = ChannelState.LIVE if record.state is ChannelState.OPENING else record.state
    record = replace(
        record,
        state=state,
        expiration=expiration,
        resource_id=_text(answer.get("resourceId")) or record.resource_id,
        resource_uri=_text(answer.get("resourceUri")) or record.resource_uri,
    )
    verdict = Verdict.OK if progress.verdict is Verdict.UNWATCHABLE else progress.verdict
    progress = replace(
        progress,
        verdict=verdict,
        opening=None if progress.opening == channel else progress.opening,
        granted_seconds=max((expiration - record.opened_at).total_seconds(), 0.0),
        open_reason="",
    )
    if expiration <= now:  # one of the two clocks is wrong: asking again at once is no help
        failures = progress.open_failures + 1
        wait = backoff.open_delay(failures, None, spread)
        progress = replace(
            progress, open_failures=failures, open_after=now + wait, open_reason=OVER
        )
    return Case(progress, {channel: record})


def refused(
    case: Case, channel: str, trouble: errors.Trouble, *, now: datetime, spread: float
) -> Case:
    """Note why a channel was not opened, and when the next may be asked for."""
    progress = _expect(case)
    if isinstance(trouble, errors.Unanswered | errors.ChannelExists):
        # It may exist, or does: its first message completes the record, or its time runs out.
        return Case(replace(progress, open_reason=trouble.text), {})
    record = case.channels[channel]
    if record.resource_id is not None:
        return Case(progress, {})  # a message of it has come: it exists, whatever the answer says
    failures = progress.open_failures + 1
    wait, held = _wait(trouble, failures, progress, spread)
    progress = replace(
        progress,
        opening=None if progress.opening == channel else progress.opening,
        open_failures=failures,
        open_after=now + wait,
        open_held=held,
        open_reason=trouble.text,
    )
    if isinstance(trouble, errors.Unwatchable):
        progress = pass_verdict(progress, Verdict.UNWATCHABLE, trouble.text, now=now)
    elif isinstance(trouble, errors.Refused | errors.CursorExpired):
        # Whether the watch can be read at all, and from where, is for a pull to say.
        progress = pull_by(progress, now)
    return Case(progress, {channel: closed(record, now)})


def expiration_of(answer: Mapping[str, Any]) -> datetime | None:
    """Read the granted expiration, a string of milliseconds; None if there is none to read.

    What counts is what Google grants: the more restrictive of the request and its own limit.
    https://developers.google.com/workspace/calendar/api/guides/push#optional-properties
    """
    value = str(answer.get("expiration", ""))
    if not value.isdecimal() or len(value) > LONGEST_MILLISECONDS:
        return None
    try:
        return datetime.fromtimestamp(int(value) / 1000, tz=UTC)
    except (ValueError, OverflowError, OSError):
        return None


def _wait(
    trouble: errors.Trouble, failures: int, progress: Progress, spread: float
) -> tuple[timedelta, bool]:
    seconds = progress.granted_seconds
    life = timedelta(seconds=seconds) if seconds else None
    if isinstance(trouble, errors.RateLimited):
        wait = max(trouble.delay or timedelta(0), backoff.rate_delay(failures, spread))
        return wait, True
    if isinstance(trouble, errors.Unavailable):
        short = min(
            backoff.pull_delay(failures, spread), backoff.open_delay(failures, life, spread)
        )
        return max(short, trouble.delay or timedelta(0)), trouble.asked
    if isinstance(trouble, errors.Unwatchable):
        return backoff.parked_delay(Verdict.UNWATCHABLE, failures, spread), False
    return backoff.open_delay(failures, life, spread), False


def _expect(case: Case) -> Progress:
    if case.progress is None:
        msg = "a channel without a watch"
        raise errors.Conflict(msg)
    return case.progress


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value else None
