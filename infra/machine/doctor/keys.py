"""Checks of the signing keys: whether they can be read, by us alone, and how old they are."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from functions.domain.errors import Misconfigured, Unavailable
from infra.machine.commands.options import counted
from infra.machine.doctor.finding import Finding, Ward, failed, ok, skipped, warning
from infra.machine.installation import NoStore
from infra.machine.key_ring import held
from infra.secret_names import SIGNING_KEYS

OLD = timedelta(days=180)
MANY = 8


def ring(ward: Ward) -> Iterator[Finding]:
    """Whether the ring can be read."""
    site = ward.at.site
    path = site.place.folder / SIGNING_KEYS
    looked = f"the secret {SIGNING_KEYS}" if site.is_cloud else str(path)
    if not site.is_cloud and not path.exists():
        yield _no_file(ward, looked)
        return
    try:
        found = held(ward.at)
    except (Misconfigured, Unavailable) as wrong:
        step = (
            "mend the file as it says, or put a copy back: nothing is verified without it"
            if not site.is_cloud
            else "ask for roles/secretmanager.secretAccessor on it, or look at its versions"
        )
        yield failed(looked, wrong.text, step=step)
        return
    newest = found.keys[0]
    age = ward.now - newest.created
    lost = {one.key_id for one in ward.channels if one.key_id} - found.ids
    if lost:
        text = f"channels were signed with {', '.join(sorted(lost))}, which the ring has not"
        yield failed(looked, text, step="nothing: renew replaces them; was a key lost, or retired?")
    if newest.created.year > 1970 and age > OLD:  # noqa: PLR2004 - Terraform's first has no date
        yield warning(
            looked, f"the newest key is {counted(age.days, 'day')} old", step="keys rotate"
        )
    elif len(found.keys) > MANY:
        yield warning(looked, f"{len(found.keys)} keys", step="keys list, then keys retire KEY")
    elif not lost:
        old = counted(max(age.days, 0), "day")
        yield ok(looked, f"{counted(len(found.keys), 'key')}, the newest {old} old")


def _no_file(ward: Ward, looked: str) -> Finding:
    """Judge that there are no keys: well before the first start, else their file was lost."""
    try:
        signed = len(ward.channels)
    except NoStore:
        signed = 0
    if not signed:
        return skipped(looked, "there are no keys yet: the first start of serve makes them")
    step = (
        "put the file back, or name its folder with --secrets; without it the next start of serve "
        "makes a new key, and renew replaces the channels"
    )
    text = f"is not there, and {counted(signed, 'channel was', 'channels were')} signed with it"
    return failed(looked, text, step=step)
