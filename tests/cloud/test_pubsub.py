"""Pub/Sub keeps the contracts of the ports; on Google's emulator."""

from __future__ import annotations

from datetime import timedelta

import pytest

from infra.cloud.pubsub import PubsubChanges
from infra.cloud.pubsub_jobs import PubsubJobs
from infra.cloud.pubsub_setup import Route, set_up
from tests.contracts.queues import ChangesContract, JobsContract


class EmulatorRig:
    """Topics of a project of its own on the emulator."""

    def __init__(self, project: str) -> None:
        self._project = project
        self.jobs = PubsubJobs(f"projects/{project}/topics/notifications")
        self.changes = PubsubChanges(f"projects/{project}/topics/changes")

    def push_jobs(self, url: str) -> None:
        self._push("notifications", url)

    def push_changes(self, url: str) -> None:
        self._push("changes", url)

    def _push(self, topic: str, url: str) -> None:
        route = Route(
            topic=topic,
            subscription=f"{topic}-push",
            url=url,
            first=timedelta(milliseconds=50),
            longest=timedelta(milliseconds=200),
        )
        set_up(self._project, [route])


class _OnEmulator:
    @pytest.fixture
    def rig(self, pubsub_emulator: str, project: str) -> EmulatorRig:
        """Give queues on the emulator."""
        return EmulatorRig(project)


class TestJobs(_OnEmulator, JobsContract):
    pass


class TestChanges(_OnEmulator, ChangesContract):
    pass
