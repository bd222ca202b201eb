"""Makes single watches due: read soon, start anew, or let go of a channel."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from functions.channels.stopping import stop_call, stopped
from functions.declared.comparison import without_backoff
from functions.declared.watching import readable_watch
from functions.domain.errors import Misconfigured, Trouble
from functions.domain.model import Channel, ChannelState, Progress, Watch
from functions.domain.roster import is_domain, member_name
from functions.ports import Case
from functions.schedule import look_by, pull_by
from infra.machine.installation import Installation

NAMED = 5


def pull_soon(at: Installation, name: str) -> None:
    """Have a watch read at the next tick; what Google itself asked for is kept."""
    _change(at, name, without_backoff, command="watch pull")


def start_anew(at: Installation, name: str) -> None:
    """Void what was read of a watch: an unknown identity is another start."""

    def reset(progress: Progress) -> Progress:
        return replace(without_backoff(progress), identity="reset")

    _change(at, name, reset, command="watch reset-cursor")


def stop_channel(at: Installation, name: str) -> Channel:
    """Ask Google to end a channel, and note it; a watch that wants one gets another.

    Raises:
        Misconfigured: there is no such channel, or it cannot be named to Google.
        Trouble: Google refused; the record says so.
    """
    channel = at.store.channel(name)
    if channel is None or channel.state is ChannelState.CLOSED:
        raise Misconfigured(f"there is no open channel {name!r}: `channels list` names them")
    call = stop_call(channel)
    if call is None:
        raise Misconfigured("Google has not named its resource yet: it cannot be stopped by name")
    trouble: Trouble | None = None
    try:
        at.google.call(call, subject=channel.subject)
    except Trouble as refused:
        trouble = refused
    spread = at.chance.fraction()

    def settle(case: Case) -> Case | None:
        now = at.clock.now()
        after = stopped(case, name, trouble, now=now, spread=spread)
        if after is None or after.progress is None:
            return after
        return Case(look_by(after.progress, now), after.channels)

    after = at.store.change(channel.watch, settle, channels=(name,))
    record = after.channels[name] if after else channel
    if trouble is not None and record.state is not ChannelState.CLOSED:
        raise trouble
    return record


def _change(
    at: Installation, name: str, step: Callable[[Progress], Progress], *, command: str
) -> None:
    if at.store.progress(name) is None:
        raise Misconfigured(_why_unknown(at, name, command))
    now = at.clock.now()

    def decide(case: Case) -> Case | None:
        if case.progress is None:
            return None
        return Case(look_by(pull_by(step(case.progress), now), now), {})

    at.store.change(name, decide)


def _why_unknown(at: Installation, name: str, command: str) -> str:
    """Say why nothing is known of a watch, and what to type instead."""
    document = at.store.declaration(name)
    if document is None:
        return f"nothing is known of a watch {name!r}: `status` lists them"
    watch = readable_watch(name, document, short_polls=True)
    if not isinstance(watch, Watch) or not is_domain(watch):
        return (
            f"the watch {name!r} has not been begun yet: the next tick of `renew` does it "
            "(does serve run?)"
        )
    stands = f"{name!r} stands for the users of {watch.subject}, each with a watch of its own"
    members = _members(at, name)
    if not members:
        return f"{stands}, and none is known yet: `status` says why (does serve run?)"
    more = f" and {len(members) - NAMED} more (`status`)" if len(members) > NAMED else ""
    named = ", ".join(members[:NAMED])
    return f"{stands}: {named}{more}. Name those you mean, e.g. `{command} {members[0]}`"


def _members(at: Installation, name: str) -> list[str]:
    every = (one for one in at.store.all_progress() if one.removed_at is None)
    return sorted(one.watch for one in every if one.watch.startswith(member_name(name, "")))
