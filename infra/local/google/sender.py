"""Hands messages to the delivery, and lets the faults strike that concern messages."""

from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from infra.local.google.delivery import Delivery
from infra.local.google.faults import Fault, Faults, Kind
from infra.local.google.message import Message


@dataclass(slots=True, frozen=True, kw_only=True)
class About:
    """What faults may choose messages by."""

    method: str  # that asked for the messages
    account: str
    target: str  # channel id; Gmail: mailbox
    state: str = ""


class Sender:
    """Sends what is made for it, unless, later, twice, or out of order."""

    def __init__(self, *, faults: Faults, delivery: Delivery, random: Random) -> None:
        self._faults, self._delivery, self._random = faults, delivery, random

    def draw(self, kind: Kind, about: About) -> Fault | None:
        """Tell which fault of a kind strikes a message, if any."""
        return self._faults.draw(
            kind,
            method=about.method,
            account=about.account,
            target=about.target,
            state=about.state,
        )

    def send(self, make: Callable[[], Message], about: About) -> Message | None:
        """Send a message; none if it is lost."""
        if self.draw(Kind.DROP, about):
            return None
        copies = 2 if self.draw(Kind.DUPLICATE, about) else 1
        messages = [make() for _ in range(copies)]
        for message in messages:
            self._delivery.send(message, self._delay(about))
        return messages[0]

    def _delay(self, about: About) -> float:
        late = self.draw(Kind.DELAY, about)
        swap = self.draw(Kind.REORDER, about)
        delay = late.seconds if late else 0.0
        return delay + (self._random.uniform(0, swap.seconds) if swap else 0.0)
