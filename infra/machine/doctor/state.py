"""Checks of the state: what is declared, how watches and channels do, what was given up."""

from __future__ import annotations

import shlex
from collections import Counter
from collections.abc import Iterator, Sized
from datetime import timedelta

from functions.declared.watching import readable_watch
from functions.domain.advice import advice
from functions.domain.coverage import counts
from functions.domain.errors import Invalid, Misconfigured
from functions.domain.model import ChannelState, Progress
from functions.domain.plan import ADOPTED
from infra.local.watches_file import read_watches
from infra.machine.commands.options import counted
from infra.machine.doctor.finding import Finding, Ward, failed, ok, skipped, warning

STALE = timedelta(minutes=20)  # the full comparison runs every 15 minutes
LATE = timedelta(minutes=5)
LAST_PART = 5  # of a channel's life: it is replaced at half of it
NAMED = 5


def declarations(ward: Ward) -> Iterator[Finding]:
    """Whether the declared watches are right."""
    site = ward.at.site
    if not site.is_cloud or site.has_file:
        try:
            found = read_watches(site.watches)
        except Misconfigured as wrong:
            step = "mend the file: what runs keeps its last good state until then"
            yield failed(str(site.watches), wrong.full, step=step)
        else:
            yield ok(str(site.watches), f"{_watches(found.documents)}, all right")
    for name, document in ward.documents.items():
        watch = readable_watch(name, document, short_polls=not site.is_cloud)
        if isinstance(watch, Invalid):
            step = f"edit it, or: watch remove {name}"
            yield failed(f"declaration {name}", watch.text, step=step)


def store(ward: Ward) -> Iterator[Finding]:
    """Whether the store can be read, and is whole."""
    check = getattr(ward.at.operating, "quick_check", None)
    where = ward.at.site.words
    known = f"{_watches(ward.progress)} known"
    if check is None:
        yield ok(where, f"read; {known}")
        return
    yield from _readable_by_others(ward)
    said = check()
    if said == "ok":
        yield ok(where, f"whole; {known}")
    else:
        step = "stop serve, put the file aside and start anew: watches begin with a new baseline"
        yield failed(where, f"SQLite says: {said}", step=step)


def _readable_by_others(ward: Ward) -> Iterator[Finding]:
    """Tell of files that others may read; those that Watchkeeper makes are its user's alone."""
    place = ward.at.site.place
    for path in (place.sqlite, place.queue):
        if path is not None and path.exists() and path.stat().st_mode & 0o077:
            text = "others may read it: who changed what, and what waits to be delivered"
            yield warning(str(path), text, step=f"chmod 600 {shlex.quote(str(path))}*")


def clockwork(ward: Ward) -> Iterator[Finding]:
    """Whether `renew` runs: it compares everything every 15 minutes."""
    memo = ward.at.store.read_control("renew") or {}
    at = memo.get("compared_at")
    cloud = "look at the Scheduler job of `renew` and at the function's log"
    step = cloud if ward.at.site.is_cloud else "start `python main.py serve`, and look at its log"
    looked = "the last comparison (control/renew)"
    if at is None:
        yield failed(looked, "`renew` has never run", step=step)
    elif ward.now - at > STALE:
        yield failed(looked, f"`renew` last compared {_ago(ward, at)}", step=step)
    else:
        yield ok(looked, _ago(ward, at))
    if memo.get("revision") != ward.at.store.revision() and at is not None:
        text = "the declarations changed and `renew` has not seen it yet"
        yield warning("control/declared", text, step="wait a minute; then as above")


def coverage(ward: Ward) -> Iterator[Finding]:
    """Whether every watch that wants a channel has one that covers it."""
    wanting = [
        one for one in ward.progress if counts(ward.watches.get(one.watch), one) and one.cursor
    ]
    bare = [one for one in wanting if one.covered_until is None or one.covered_until <= ward.now]
    looked = f"coverage of {_watches(wanting)}"
    if bare:
        why = next((one.open_reason for one in bare if one.open_reason), "")
        text = f"{_names(bare)} not covered: only polled{'; ' + why if why else ''}"
        step = "see the checks of address, certificate and token; `plan` says what comes next"
        yield failed(looked, text, step=step)
    else:
        yield ok(looked, "all covered")


def expiry(ward: Ward) -> Iterator[Finding]:
    """Whether channels are replaced in time: at half their life."""
    near = []
    for one in ward.progress:
        if one.covered_until is None or not counts(ward.watches.get(one.watch), one):
            continue
        left, granted = one.covered_until - ward.now, timedelta(seconds=one.granted_seconds or 0)
        if timedelta() < left <= min(granted / LAST_PART, timedelta(hours=1)):
            near.append(one)
    looked = f"what is left of {counted(len(ward.channels), 'channel')}"
    if near:
        why = next((one.open_reason for one in near if one.open_reason), "no reason noted")
        text = f"{_names(near)}: the last channel ends soon and has not been replaced: {why}"
        yield failed(looked, text, step="`plan`, and the log of `renew`: why is none opened?")
    else:
        yield ok(looked, "none near its end")


def verdicts(ward: Ward) -> Iterator[Finding]:
    """Whether watches are parked: nothing of them is delivered."""
    parked = [one for one in ward.progress if one.verdict.parks]
    looked = f"verdicts of {_watches(ward.progress)}"
    if not parked:
        yield ok(looked, "none parked")
    for those in _alike(parked, ward):
        others = (one.watch for one in those[1:NAMED])
        readable = those[0].watch in ward.watches
        text = f"{_names(those)} {those[0].verdict}: {those[0].reason}"
        step = advice(those[0], others=others, is_readable=readable)
        yield failed(looked, text, step=step)


def _alike(parked: list[Progress], ward: Ward) -> list[list[Progress]]:
    """Give those parked watches together that want the same step."""
    groups: dict[tuple[object, ...], list[Progress]] = {}
    for one in parked:
        cure = (one.verdict, one.cursor is None, one.watch in ward.watches)
        groups.setdefault(cure, []).append(one)
    return [groups[cure] for cure in sorted(groups)]


def pulls(ward: Ward) -> Iterator[Finding]:
    """Whether what is due is done, and pulls succeed."""
    late = [one for one in ward.progress if one.due_at and ward.now - one.due_at > LATE]
    failing = [one for one in ward.progress if one.failures and not one.verdict.parks]
    looked = f"due times and failures of {_watches(ward.progress)}"
    if late:
        step = "does `renew` run, and does the queue deliver to `sync`?"
        yield failed(looked, f"{_names(late)} overdue by more than 5 minutes", step=step)
    if failing:
        text = f"{_names(failing)} failing: {failing[0].reason or 'no reason noted'}"
        yield warning(looked, text, step="they are tried again with back-off; see the log of sync")
    if not late and not failing:
        yield ok(looked, "none late, none failing")


def quota(ward: Ward) -> Iterator[Finding]:
    """Whether Google has asked to be left alone."""
    held = [one for one in ward.progress if one.held or one.open_held]
    looked = f"Google's refusals among {_watches(ward.progress)}"
    if held:
        text = f"{_names(held)} held back by Google: {held[0].reason or held[0].open_reason}"
        step = "raise the quota at https://console.cloud.google.com/apis/dashboard, or poll less"
        yield warning(looked, text, step=step)
    else:
        yield ok(looked, "no quota refusals")


def orphans(ward: Ward) -> Iterator[Finding]:
    """Whether channels are adopted or cannot be stopped: something lost its records."""
    adopted = [one for one in ward.channels if one.why == ADOPTED]
    stuck = [one for one in ward.channels if one.unstoppable]
    many = {
        name: number
        for name, number in Counter(
            one.watch for one in ward.channels if one.state is ChannelState.LIVE
        ).items()
        if number > 2  # noqa: PLR2004 - an old and a new one
    }
    looked = counted(len(ward.channels), "channel")
    if adopted:
        text = f"{counted(len(adopted), 'channel')} of ours without a record (adopted)"
        step = "is there a second installation with the same keys, or was the store replaced?"
        yield warning(looked, text, step=step)
    if stuck:
        some = counted(len(stuck), "channel")
        text = f"{some} cannot be stopped: only the account that made each may"
        yield warning(looked, text, step="nothing: each ends by itself; keep that account")
    if many:
        text = f"more than two live channels: {', '.join(sorted(many)[:NAMED])}"
        yield warning(looked, text, step="channels list --watch WATCH; channels stop CHANNEL")
    if not adopted and not stuck and not many:
        yield ok(looked, "no orphans")


def unreadable(ward: Ward) -> Iterator[Finding]:
    """Whether items could not be told."""
    notes = ward.at.operating.unreadable(NAMED)
    looked = "notes of items that could not be told"
    if notes:
        text = "; ".join(f"{one['watch']}: {one['item']}: {one['error']}" for one in notes)
        yield warning(looked, text, step="report it: Google's answer was of an unknown shape")
    else:
        yield ok(looked, "none")


def dead_letters(ward: Ward) -> Iterator[Finding]:
    """Whether deliveries were given up: by handlers, and on one machine by the queue."""
    given_up = ward.at.store.dead(watch=None, limit=1000)
    looked = "what handlers gave up"
    if given_up:
        first = given_up[0]
        text = f"{counted(len(given_up), 'change')}; the oldest, of {first.watch}: {first.detail}"
        yield failed(looked, text, step="dead-letters list, then retry or drop them")
    else:
        yield ok(looked, "nothing")
    path = ward.at.site.place.queue
    if ward.at.site.is_cloud:
        return
    if not path.exists():
        yield skipped(str(path), "there is no queue yet")
        return
    from infra.local.queue.dead_letters import DeadLetters
    from infra.local.queue.file import QueueFile

    letters = DeadLetters(QueueFile(path)).list(limit=1000)
    if letters:
        many = counted(len(letters), "message was", "messages were")
        text = f"{many} given up; the oldest: {letters[0].error}"
        yield failed(str(path), text, step="dead-letters list, then retry or drop them")
    else:
        yield ok(str(path), "no dead letters")


def _watches(those: Sized) -> str:
    """Say how many watches there are."""
    return counted(len(those), "watch", "watches")


def _names(those: list[Progress]) -> str:
    names = ", ".join(one.watch for one in those[:NAMED])
    return f"{names} and {len(those) - NAMED} more" if len(those) > NAMED else names


def _ago(ward: Ward, at: object) -> str:
    from datetime import datetime

    from infra.machine.status_table import ago

    return ago(at, ward.now) if isinstance(at, datetime) else str(at)
