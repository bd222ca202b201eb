"""Makes single watches due: read soon, start anew, or let go of a channel."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from functions.channels.stopping import stop_call, stopped
from functions.declared.comparison import without_backoff
from functions.domain.errors import Misconfigured, Trouble
from functions.domain.model import Channel, ChannelState, Progress
from functions.ports import Case
from functions.schedule import look_by, pull_by
from infra.machine.installation import Installation


def pull_soon(at: Installation, name: str) -> None:
    """Have a watch read at the next tick; what Google itself asked for is kept."""
    _change(at, name, without_backoff)


def start_anew(at: Installation, name: str) -> None:
    """Void what was read of a watch: an unknown identity is another start."""

    def reset(progress: Progress) -> Progress:
        return replace(without_backoff(progress), identity="reset")

    _change(at, name, reset)


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


def _change(at: Installation, name: str, step: Callable[[Progress], Progress]) -> None:
    if at.store.progress(name) is None:
        if at.store.declaration(name) is not None:
            raise Misconfigured(
                f"the watch {name!r} has not been begun yet: the next tick of `renew` does it "
                "(does serve run?)"
            )
        raise Misconfigured(f"nothing is known of a watch {name!r}: `status` lists them")
    now = at.clock.now()

    def decide(case: Case) -> Case | None:
        if case.progress is None:
            return None
        return Case(look_by(pull_by(step(case.progress), now), now), {})

    at.store.change(name, decide)
