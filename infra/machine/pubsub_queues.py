"""Sets up Pub/Sub's emulator for one machine: topics, and subscriptions that push to our ports."""

from __future__ import annotations

from datetime import timedelta

from infra.cloud.pubsub_setup import Route, set_up, take_down

HANDLE = "handle"


class PushedQueues:
    """Queues that deliver by themselves: there is nothing to run in this process."""

    def start(self) -> None:
        """Begin to deliver: Pub/Sub has begun already."""

    def stop(self, *, within: timedelta) -> None:
        """Deliver no more: Pub/Sub repeats what is refused, until we are back."""


def open_handle(project: str, url: str, *, first: timedelta, longest: timedelta) -> None:
    """Have changes pushed to `handle`.

    Raises:
        Unavailable: Pub/Sub cannot be reached, or refuses.
    """
    route = Route(topic="changes", subscription=HANDLE, url=url, first=first, longest=longest)
    set_up(project, [route])


def close_handle(project: str) -> None:
    """Have changes pushed to `handle` no longer."""
    take_down(project, HANDLE)


def open_pubsub(project: str, inner: str, *, changes: bool) -> PushedQueues:
    """Make the topics, and the subscriptions that push to the ports of this machine.

    Raises:
        Unavailable: Pub/Sub cannot be reached, or refuses.
    """
    quick, slow = timedelta(seconds=1), timedelta(seconds=60)
    routes = [
        Route(
            topic="notifications",
            subscription="sync",
            url=f"{inner}/sync",
            first=quick,
            longest=slow,
        )
    ]
    if changes:
        routes.append(
            Route(
                topic="changes",
                subscription="changes-file",
                url=f"{inner}/changes",
                first=quick,
                longest=slow,
            )
        )
    set_up(project, routes)
    return PushedQueues()
