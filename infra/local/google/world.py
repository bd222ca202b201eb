"""Everything the simulated Google knows: the shared ground and the state of each API."""

import threading
from random import Random

from infra.local.google.access import Access
from infra.local.google.calendar.state import Calendars
from infra.local.google.channels import Channels
from infra.local.google.clock import Clock
from infra.local.google.delivery import Delivery
from infra.local.google.directory.state import Directory
from infra.local.google.drive.state import Drive
from infra.local.google.faults import Faults
from infra.local.google.gmail.state import Gmail
from infra.local.google.ground import Ground
from infra.local.google.journal import Journal
from infra.local.google.options import Options
from infra.local.google.reports.state import Reports
from infra.local.google.sender import Sender


class World:
    """The state behind the APIs; `lock` is held by whoever reads or changes it."""

    def __init__(
        self, options: Options, *, clock: Clock | None = None, delivery: Delivery | None = None
    ) -> None:
        self.options = options
        self.clock = clock or Clock()
        self.lock = threading.RLock()
        self.access = Access()
        self.journal = Journal(options.request_log)
        self.delivery = delivery or Delivery(options)
        self.faults = Faults(Random(options.seed))  # noqa: S311 - repeatable on purpose
        sender = Sender(
            faults=self.faults,
            delivery=self.delivery,
            random=Random(options.seed + 3),  # noqa: S311
        )
        self.channels = Channels(
            options=options,
            clock=self.clock,
            random=Random(options.seed + 1),  # noqa: S311
            sender=sender,
        )
        self.ground = Ground(
            options=options,
            clock=self.clock,
            random=Random(options.seed + 2),  # noqa: S311
            faults=self.faults,
            channels=self.channels,
            lock=self.lock,
            sender=sender,
        )
        self.drive = Drive(self.ground)
        self.calendar = Calendars(self.ground)
        self.directory = Directory(self.ground)
        self.reports = Reports(self.ground)
        self.gmail = Gmail(self.ground)

    def close(self) -> None:
        """End the threads of the world."""
        self.delivery.close()
