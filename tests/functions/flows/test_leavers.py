"""Users who left a domain: what brings their watches back, and what does not."""

from __future__ import annotations

from tests.world.system import TICK, System

ADMIN, BEN = "admin@example.com", "ben@example.com"


def test_declaration_that_is_wrong_brings_no_leaver_back(system: System) -> None:
    """A document edited into nonsense says nothing of who is there: no event, no progress."""
    for address in (ADMIN, BEN):
        system.near.world.directory.create(address, isAdmin=address == ADMIN)
    everybody = {"source": "drive.changes", "subject": "*@example.com", "admin": ADMIN}
    system.declare(team=everybody)
    system.pass_time(3 * TICK)
    system.near.world.directory.update(BEN, suspended=True)
    system.declare(team=everybody)
    system.pass_time(3 * TICK)
    left = system.progress(f"team:{BEN}")
    assert left.removed_at is not None
    system.declare(team={"source": "nonsense"})
    system.pass_time(3 * TICK)
    after = system.progress(f"team:{BEN}")
    assert (after.removed_at, after.delete_at) == (left.removed_at, left.delete_at)
    told = {event.watch for event in system.sink.told}
    assert told == {"team", f"team:{ADMIN}"}, "a leaver was told to be parked"
