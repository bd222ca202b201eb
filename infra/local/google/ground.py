"""What all simulated APIs stand on: lock, clock, chance, faults, channels, options."""

import base64
import threading
from dataclasses import dataclass
from random import Random

from infra.local.google.channels import Channels
from infra.local.google.clock import Clock
from infra.local.google.faults import Faults, Kind
from infra.local.google.options import Options
from infra.local.google.sender import Sender


@dataclass(slots=True, frozen=True)
class Ground:
    """Shared by the APIs of one simulated Google; `lock` guards their state."""

    options: Options
    clock: Clock
    random: Random
    faults: Faults
    channels: Channels
    lock: threading.RLock
    sender: Sender

    def visible_at(self, method: str, account: str) -> float:
        """Tell from when on a change made now can be listed."""
        lag = self.faults.draw(Kind.LAG, method=method, account=account)
        return self.clock.now() + (lag.seconds if lag else 0.0)

    def new_id(self, length: int) -> str:
        """Make up an id as long as Google's of that kind are."""
        return base64.urlsafe_b64encode(self.random.randbytes(length)).decode()[:length]
