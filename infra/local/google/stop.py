"""The stop method that each API has for its channels."""

from infra.local.google.call import Answer, Call
from infra.local.google.errors import GoogleError


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
