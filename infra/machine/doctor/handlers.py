"""The check of handlers: what they are configured with, and the changes that wait for them.

It calls no receiver and runs no function: a test event would be one too many for somebody.
"""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Iterator
from itertools import chain
from urllib.parse import urlsplit

from functions.domain.errors import Invalid, Misconfigured, Unavailable
from functions.domain.handler import Download, Forward
from infra.machine.commands.options import counted
from infra.machine.doctor.finding import Finding, Ward, failed, ok, skipped, warning
from infra.machine.unhandled import steps_of, unhandled
from infra.outward import is_public
from infra.webhook import sign

HOW = "docs/handlers.md says how to make one"


def handling(ward: Ward) -> Iterator[Finding]:
    """Whether handlers have what they need, and deal with changes."""
    wanted = [step.handler for _, step in steps_of(ward.declared.values())]
    if not wanted:
        yield skipped("handlers", "no watch has any")
        return
    forwards = [one for one in wanted if isinstance(one, Forward)]
    found = [
        *chain.from_iterable(_secret(ward, name) for name in sorted({f.secret for f in forwards})),
        *chain.from_iterable(_receiver(url) for url in sorted({f.url for f in forwards})),
        *chain.from_iterable(target(ward, one) for one in wanted if isinstance(one, Download)),
        *_waiting(ward),
    ]
    yield from found or [ok(counted(len(wanted), "handler"), "all have what they need")]


def _secret(ward: Ward, name: str) -> Iterator[Finding]:
    site = ward.at.site
    looked = f"the secret {name}"
    put = (
        f"gcloud secrets versions add {name} --project={site.project} --data-file=-"
        if site.is_cloud
        else f"write it to {site.place.folder / name} (mode 0600)"
    )
    try:
        value = ward.at.secrets.read(name)
        if value is None or not value.strip():
            yield failed(looked, "is missing or empty: nothing is forwarded", step=f"{put}; {HOW}")
        else:
            sign(b"", event="doctor", secrets=value, now=ward.now)
    except Invalid as wrong:
        yield failed(looked, wrong.text, step=f"{put}; {HOW}")
    except Misconfigured as wrong:
        yield failed(looked, wrong.text, step="as it says")
    except Unavailable as trouble:
        yield warning(looked, trouble.text, step="may you read it? The function reads it itself")


def _receiver(url: str) -> Iterator[Finding]:
    host = urlsplit(url).hostname or ""
    looked = f"the receiver {url.partition('?')[0]}"
    try:
        peers = {peer[4][0] for peer in socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)}
    except (OSError, UnicodeError):
        yield failed(looked, f"{host} cannot be resolved", step="mend the url of the handler")
        return
    bare = (str(peer).partition("%")[0] for peer in peers)
    inner = [one for one in bare if not is_public(ipaddress.ip_address(one))]
    if inner:
        step = "serve --allow-private-forward, in the cloud WATCHKEEPER_PRIVATE_FORWARD=true"
        which = "is private" if host == inner[0] else f"has the private address {inner[0]}"
        yield warning(looked, f"{host} {which}", step=f"it wants {step}")


def target(ward: Ward, wanted: Download) -> Iterator[Finding]:
    """Whether a download's target can be one where it runs."""
    if ward.at.site.is_cloud and wanted.to.startswith("file:"):
        text = "is for one machine: in the cloud no folder lasts"
        yield failed(f"the target {wanted.to}", text, step="name a bucket: gs://BUCKET/PREFIX")


def _waiting(ward: Ward) -> Iterator[Finding]:
    """Tell of changes that wait; those that were given up are told by the dead letters."""
    for one in unhandled(ward.at.store, ward.declared):
        if one.waiting:
            looked = f"{one.handler} of {one.watch}"
            text = f"{counted(one.waiting, 'change')} wait{'s' * (one.waiting == 1)} for it"
            text += f", tried {counted(one.attempts, 'time')}: {one.error}"
            step = "mend it: it is tried again by itself within 10 minutes, 100 times in all"
            yield failed(looked, text, step=step)
