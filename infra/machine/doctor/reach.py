"""Checks of the address that is given to Google: certificate, robots.txt, tokens, clocks.

They look from this machine: a firewall that lets us in and Google out cannot be seen from here.
"""

from __future__ import annotations

import ipaddress
import socket
import ssl
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from urllib.parse import urlsplit
from urllib.robotparser import RobotFileParser

import requests

from functions.domain import token
from functions.domain.errors import Trouble
from infra.machine.commands.options import counted
from infra.machine.doctor.finding import Finding, Ward, failed, ok, skipped, warning
from infra.machine.key_ring import held

TIMEOUT = 10
SOON = timedelta(days=14)
SKEW = timedelta(seconds=30)
SENDER = (
    "APIs-Google"  # https://developers.google.com/search/docs/crawling-indexing/apis-user-agent
)
CANARY_WATCH = "doctor"  # no watch: a message for it leads to nothing


def address(ward: Ward) -> Iterator[Finding]:
    """Whether the address is https, resolves, has a valid certificate, and is `receive`."""
    url = ward.address
    if url is None:
        yield skipped("the address", "no channel names one yet: give it with --address")
        return
    parts = urlsplit(url)
    host = parts.hostname or ""
    if parts.scheme != "https":
        step = "for real Google: serve --public-url https://... (a tunnel, or a proxy)"
        level = ok(url, "not https: only a simulated Google accepts it")
        yield level if _is_here(host) else failed(url, level.text, step=step)
    elif (fault := _certificate(host, parts.port or 443)) is not None:
        yield fault
        return
    try:
        answer = requests.get(url, timeout=TIMEOUT, allow_redirects=False)
    except requests.RequestException as error:
        step = "does `receive` run, and does the tunnel or proxy lead to its port?"
        yield failed(url, f"cannot be reached: {type(error).__name__}", step=step)
        return
    if answer.status_code == HTTPStatus.METHOD_NOT_ALLOWED and "POST" in answer.headers.get(
        "Allow", ""
    ):
        yield ok(url, "answers as `receive` does")
    else:
        text = f"GET answers {answer.status_code}, not 405: something else is in front of it"
        step = "lead POST of this very path to `receive`; no login page, no redirect"
        yield failed(url, text, step=step)


def robots(ward: Ward) -> Iterator[Finding]:
    """Whether robots.txt lets Google's sender in, which respects it."""
    if ward.address is None:
        return
    url = "{0.scheme}://{0.netloc}/robots.txt".format(urlsplit(ward.address))
    try:
        answer = requests.get(url, timeout=TIMEOUT)
    except requests.RequestException as error:
        yield failed(url, type(error).__name__, step="as of the address")
        return
    if answer.status_code == HTTPStatus.NOT_FOUND:
        yield ok(url, "404: go ahead")
        return
    rules = RobotFileParser()
    rules.parse(answer.text.splitlines())
    if answer.status_code >= HTTPStatus.INTERNAL_SERVER_ERROR:
        text = f"answers {answer.status_code}, which crawlers take for `keep out`"
        yield failed(url, text, step="let it answer 404, or 200 with rules that allow all")
    elif answer.ok and not rules.can_fetch(SENDER, ward.address):
        text = f"forbids {urlsplit(ward.address).path} to {SENDER}: Google sends nothing"
        yield failed(url, text, step=f"allow it: `User-agent: {SENDER}` and `Allow: /`")
    else:
        yield ok(url, f"{answer.status_code}, lets {SENDER} in")


def round_trip(ward: Ward) -> Iterator[Finding]:
    """Whether `receive` takes a message with a token of ours, and no other."""
    if ward.address is None:
        return
    looked = f"POST {ward.address} with a token of our own"
    channel = str(uuid.uuid4())
    try:
        key = held(ward.at).keys[-1]
    except Trouble as trouble:
        yield skipped(looked, f"no key to sign with: {trouble.text}")
        return
    genuine = token.mint(key, channel=channel, watch=CANARY_WATCH)
    forged = genuine[:-4] + ("AAAA" if not genuine.endswith("AAAA") else "BBBB")
    for name, sent, wanted in (("genuine", genuine, 204), ("forged", forged, 401)):
        try:
            status = _post(ward.address, channel, sent)
        except requests.RequestException as error:
            yield failed(looked, type(error).__name__, step="as of the address")
            return
        if status != wanted:
            yield failed(looked, f"a {name} token got {status}, not {wanted}", step=_STEPS[name])
            return
    yield ok(looked, "the genuine one was queued, a forged one was refused")


_STEPS = {
    "genuine": "401: `receive` has other keys (keys list; another --secrets?); 503: its queue is "
    "down; anything else: something is in front of it",
    "forged": "whatever answers there verifies nothing: lead the address to `receive`",
}


def clock(ward: Ward) -> Iterator[Finding]:
    """Whether our clock agrees with Google's."""
    url = ward.at.site.google or "https://www.googleapis.com/discovery/v1/apis"
    try:
        answer = requests.head(url, timeout=TIMEOUT)
        theirs = parsedate_to_datetime(answer.headers["Date"])
    except (requests.RequestException, KeyError, ValueError) as error:
        step = f"can this machine reach Google (proxy, firewall)?{ward.or_simulated}"
        yield failed(url, f"no time from there: {type(error).__name__}", step=step)
        return
    skew = abs(ward.at.clock.now() - theirs)
    if skew > SKEW:
        text = f"our clock is {skew.total_seconds():.0f} s off"
        step = "set it (timedatectl set-ntp true): channels would look over when they open"
        yield failed(url, text, step=step)
    else:
        yield ok(url, f"within {max(skew.total_seconds(), 1):.0f} s of ours")


def _post(url: str, channel: str, sent: str) -> int:
    headers = {
        "X-Goog-Channel-ID": channel,
        "X-Goog-Channel-Token": sent,
        "X-Goog-Message-Number": "1",
        "X-Goog-Resource-ID": "doctor",
        "X-Goog-Resource-State": "sync",
        "X-Goog-Resource-URI": "https://www.googleapis.com/doctor",
    }
    answer = requests.post(url, headers=headers, timeout=TIMEOUT, allow_redirects=False)
    return answer.status_code


def _certificate(host: str, port: int) -> Finding | None:
    looked = f"{host}:{port}"
    try:
        with (
            socket.create_connection((host, port), timeout=TIMEOUT) as plain,
            ssl.create_default_context().wrap_socket(plain, server_hostname=host) as secure,
        ):
            ends = (secure.getpeercert() or {}).get("notAfter", "")
    except ssl.SSLCertVerificationError as error:
        step = "Google wants a certificate of a public authority for this very name, with its chain"
        return failed(looked, f"its certificate is not valid: {error.verify_message}", step=step)
    except OSError as error:
        step = "is the name right, and does something listen there?"
        return failed(looked, f"cannot be reached: {error.strerror or error}", step=step)
    left = datetime.fromtimestamp(ssl.cert_time_to_seconds(str(ends)), UTC) - datetime.now(UTC)
    if left < SOON:
        return warning(
            looked, f"its certificate ends in {counted(left.days, 'day')}", step="renew it"
        )
    return None


def _is_here(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
