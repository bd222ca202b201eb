"""Jobs as they are queued, and what may happen while they are done."""

from __future__ import annotations

from collections.abc import Callable

from functions.domain.change import Seen
from functions.domain.model import Job, Message
from functions.sources.call import Call
from tests.world.system import System


def notification(system: System, number: int = 2, state: str = "change") -> Job:
    """Make the job of a notification on the channel that covers Ana's watch, queued now."""
    (channel,) = system.channels()
    message = Message(
        channel=channel.id,
        number=number,
        state=state,
        resource_id=channel.resource_id or "",
        resource_uri=channel.resource_uri or "",
        expiration=channel.expiration,
    )
    return Job(
        watch="ana",
        queued_at=system.clock.now(),
        reason="notification",
        key_id="k1",
        message=message,
    )


def poll(system: System) -> Job:
    """Make the job of a poll, queued now."""
    return Job(watch="ana", queued_at=system.clock.now(), reason="due")


def meanwhile(system: System, act: Callable[[], object]) -> None:
    """Have something happen once, amid the next list of changes."""

    def once(call: Call) -> None:
        if call.method == "changes.list":
            system.near.between = None
            act()

    system.near.between = once


def memory(system: System, watch: str = "ana") -> dict[str, Seen]:
    """Give what is remembered of a watch's items."""
    return dict(system.sqlite.memory(watch, after=None, limit=10_000))
