"""Runs all checks, one after the other; a check that breaks off is a finding, too."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Final

from functions.domain.errors import Misconfigured, Trouble
from infra.machine.doctor import access, cloud, domains, handlers, keys, reach, state
from infra.machine.doctor.finding import Check, Finding, Ward, failed, skipped
from infra.machine.installation import NoStore

CHECKS: Final[Mapping[str, Check]] = {
    "declarations": state.declarations,
    "store": state.store,
    "clockwork": state.clockwork,
    "scheduler": cloud.scheduler,
    "keys": keys.ring,
    "address": reach.address,
    "robots": reach.robots,
    "token": reach.round_trip,
    "clock": reach.clock,
    "access": access.subjects,
    "domains": domains.listings,
    "coverage": state.coverage,
    "expiry": state.expiry,
    "verdicts": state.verdicts,
    "pulls": state.pulls,
    "quota": state.quota,
    "orphans": state.orphans,
    "unreadable": state.unreadable,
    "handlers": handlers.handling,
    "dead letters": state.dead_letters,
    "subscriptions": cloud.subscriptions,
    "indexes": cloud.expiry_rules,
}


def examine(ward: Ward, *, only: tuple[str, ...] = ()) -> Iterator[Finding]:
    """Give the findings of the checks as they are made."""
    for name, check in CHECKS.items():
        if only and name not in only:
            continue
        try:
            for finding in check(ward):
                yield replace(finding, check=name)
        except NoStore as none:
            yield replace(_no_store(name, none), check=name)
        except Trouble as trouble:
            text = trouble.full if isinstance(trouble, Misconfigured) else trouble.text
            step = "mend this first: the check could not be made"
            yield replace(failed(name, text, step=step), check=name)


def _no_store(name: str, none: NoStore) -> Finding:
    """Tell once that nothing was ever kept here; other checks have nothing to look at."""
    if name == "store":
        step = "start `python main.py serve`, or name the store with --store"
        return failed("the store", none.text.partition(": start")[0], step=step)
    return skipped("the store", "there is none yet")
