"""The answers to `watch` and `stop`, which all APIs give alike."""

from infra.local.google.call import Answer, Call, Reply
from infra.local.google.errors import GoogleError


def opened(call: Call, *, resource: str, uri: str, event: str = "") -> Reply:
    """Open the channel that a `watch` call asks for, and answer as Google does."""
    channel, sync = call.world.channels.open(
        call.body,
        method=call.method,
        account=call.account,
        resource=resource,
        uri=uri,
        event=event,
    )
    return Reply(body=channel.answer(), before=(lambda: sync.done.wait(5)) if sync else None)


def stopper(api: str) -> Answer:
    """Make the answer of an API's channels.stop."""

    def stop(call: Call) -> None:
        for name in ("id", "resourceId"):
            if not call.body.get(name):
                raise GoogleError("required", f"Required parameter: {name}", parameter=name)
        call.world.channels.stop(
            api=api,
            account=call.account,
            channel_id=str(call.body["id"]),
            resource_id=str(call.body["resourceId"]),
        )

    return stop
