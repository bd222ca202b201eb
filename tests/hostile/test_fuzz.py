"""What `make fuzz` feeds: it finds the properties, and they take bytes."""

from __future__ import annotations

from random import Random

from tests.hostile.fuzz import MODULES, properties


def test_every_module_has_properties_that_take_bytes() -> None:
    """None is left out by a change of its name or arguments."""
    found = properties()
    assert {name.rpartition(".")[0] for name in found} == set(MODULES)
    for feed in found.values():
        for length in (0, 30, 300):
            feed(Random(length).randbytes(length))
