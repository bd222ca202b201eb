"""Many changes pass through all functions while each of them is killed again and again."""

from __future__ import annotations

import time
from random import Random

import pytest

from tests.e2e.conftest import Figures
from tests.e2e.machine import drive
from tests.e2e.patience import eventually
from tests.e2e.simulated import Simulated
from tests.processes.installation import FUNCTIONS, NOTE, Installation
from tests.processes.tap import Tap

WATCHES = 10


@pytest.mark.soak
@pytest.mark.timeout(900)
@pytest.mark.parametrize(("wanted", "kills"), [(100_000, 24)])
def test_a_hundred_thousand_changes(
    own_installation: Installation, google: Simulated, figures: Figures, wanted: int, kills: int
) -> None:
    """All of them reach a subscriber with stable ids over random kills of each function."""
    installation, chance = own_installation, Random(kills)
    accounts = [f"user{number}@example.com" for number in range(WATCHES)]
    google.options(retry_longest=1)
    with installation, Tap(installation.project, keep=False) as tap:
        watches = [drive(account.partition("@")[0], account) for account in accounts]
        installation.declare(*watches[:-1], {**watches[-1], "handle": [NOTE]})
        eventually("channels", lambda: len(google.channels("live")) == WATCHES, within=60)
        began, ids = time.monotonic(), set()
        for account in accounts:
            ids |= _create(google, account, wanted // WATCHES)
        made = time.monotonic() - began
        for _ in range(kills):
            time.sleep(chance.uniform(0.5, 4))
            name = chance.choice(FUNCTIONS)
            installation.kill(name)
            installation.functions[name].wait()
        eventually("all", lambda: len(tap.ids) >= wanted, within=500)
        took = tap.last_at - began
    assert set(tap.ids) == ids
    assert {len(each) for each in tap.ids.values()} == {1}
    figures(
        f"{kills} kills: {wanted} changes in {took:.0f} s ({wanted / took:.0f}/s; made in "
        f"{made:.0f} s), {tap.count - wanted} told again; {installation.memory()}"
    )


def _create(google: Simulated, account: str, count: int) -> set[str]:
    made = google.post("drive/files", account=account, name="f", count=count)
    return set(made["ids"])
