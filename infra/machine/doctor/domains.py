"""The check of whole domains: whether the users for whom `*@DOMAIN` stands can be listed."""

from __future__ import annotations

from collections.abc import Iterator

from functions.declared.unlisted import read_unlisted
from functions.domain.roster import is_domain
from infra.machine.commands.options import counted
from infra.machine.doctor.finding import Finding, Ward, failed, ok, skipped
from infra.machine.status import listing_step
from infra.machine.status_table import ago


def listings(ward: Ward) -> Iterator[Finding]:
    """Whether each domain could be listed when everything was compared last."""
    domains = {name: one for name, one in ward.declared.items() if is_domain(one)}
    if not domains:
        yield skipped("whole domains", "no watch is declared for one")
        return
    memo = ward.at.store.read_control("renew")
    bad = [one for one in read_unlisted(memo) if one.watch in domains]
    for one in bad:
        watch = domains[one.watch]
        looked = f"{one.watch}: the users of {watch.subject}, as {watch.admin}"
        text = f"cannot be listed (first failed {ago(one.since, ward.now)}): {one.reason}"
        yield failed(looked, text, step=listing_step(watch))
    if not bad:
        yield ok(counted(len(domains), "whole domain"), "no listing failed")
