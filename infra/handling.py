"""Gathers what `handle` may touch, in the cloud and on one machine alike."""

from __future__ import annotations

from typing import Protocol

from functions.handlers.handling import Handling
from functions.ports import Clock, Google, Journal, Media, Outcomes, Secrets, Store
from functions.terms import Terms
from infra.imported import ImportedFunctions
from infra.shelves import OpenShelves
from infra.webhook import SignedWebhooks


class Handles(Protocol):
    """What `handle` needs of a wiring."""

    @property
    def store(self) -> KeepingStore: ...
    @property
    def google(self) -> Google: ...
    @property
    def secrets(self) -> Secrets: ...
    @property
    def clock(self) -> Clock: ...
    @property
    def terms(self) -> Terms: ...
    def journal(self, component: str) -> Journal: ...


class KeepingStore(Store, Outcomes, Protocol):
    """A store that keeps outcomes of handlers, too."""


def open_handling(wiring: Handles, *, media: Media, allow_private: bool, folders: bool) -> Handling:
    """Gather what `handle` may touch."""
    return Handling(
        store=wiring.store,
        outcomes=wiring.store,
        google=wiring.google,
        media=media,
        shelves=OpenShelves(folders=folders, clock=wiring.clock),
        webhooks=SignedWebhooks(allow_private=allow_private),
        functions=ImportedFunctions(),
        secrets=wiring.secrets,
        clock=wiring.clock,
        journal=wiring.journal("handle"),
        terms=wiring.terms,
    )
