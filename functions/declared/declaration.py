"""Reads declared watches: every fault is named, with its place and what is allowed.

The schema is data (`SCHEMA`), so that the command line, Terraform's variable and an editor can all
hold a declaration against the same rules.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from functions.declared.faults import Fault, Faults
from functions.domain.change import fingerprint
from functions.domain.duration import ALLOWED, parse_duration
from functions.domain.errors import Invalid
from functions.domain.model import Watch
from functions.sources.table import SOURCES

ID = r"[a-z0-9-]{1,40}"
DURATION = r"([0-9]{1,9}(\.[0-9]{1,6})?(ms|[smhdw]))+"
ADDRESS = r"[^@\s*]{1,64}@[^@\s*/]{1,255}"
DOMAIN = r"\*@[^@\s*/]{1,255}"
SHORTEST_POLL = "1m"
SIZE = r"[1-9][0-9]{0,14} ?([KkMmGgTt]?[Ii]?[Bb])?"  # what `parse_size` reads; nothing is no limit
OWN_SECRET, OWN_SECRETS = "signing-keys", "oauth-"

_text = {"type": "string", "minLength": 1, "maxLength": 2048}
_texts = {"anyOf": [_text, {"type": "array", "items": _text, "minItems": 1}]}

HANDLERS: Final[Mapping[str, Any]] = {
    "download": {
        "type": "object",
        "properties": {
            "mime": _texts,
            "name": _texts,
            "folder": _text,
            "to": {"type": "string", "pattern": r"^(gs|file)://."},
            "max_size": {
                "anyOf": [
                    {"type": "integer", "minimum": 1},
                    {"type": "string", "pattern": f"^{SIZE}$"},
                ]
            },
            "export": {"type": ["string", "object"]},
            "on_delete": {"enum": ["keep", "tombstone", "delete"]},
        },
        "required": ["to"],
        "additionalProperties": False,
    },
    "forward": {
        "type": "object",
        "properties": {"url": {"type": "string", "pattern": r"^https?://."}, "secret": _text},
        "required": ["url", "secret"],
        "additionalProperties": False,
    },
    "run": {"type": "string", "pattern": r"^[A-Za-z_][\w.]*:[A-Za-z_]\w*$"},
}

SCHEMA: Final[Mapping[str, Any]] = {
    "type": "object",
    "properties": {
        "id": {"type": "string", "pattern": f"^{ID}$"},
        "source": {"enum": sorted(SOURCES)},
        "subject": {"type": "string", "pattern": f"^({ADDRESS}|{DOMAIN})$"},
        "admin": {"type": "string", "pattern": f"^{ADDRESS}$"},
        "params": {"type": "object"},
        "poll": {"type": "string", "pattern": f"^{DURATION}$"},
        "ttl": {"type": "string", "pattern": f"^{DURATION}$"},
        "push": {"type": "boolean"},
        "paused": {"type": "boolean"},
        "managed_by": _text,
        "handle": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": HANDLERS,
                "additionalProperties": False,
                "minProperties": 1,
                "maxProperties": 1,
            },
        },
    },
    "required": ["id", "source"],
    "additionalProperties": False,
}

# What a pattern means, for people.
WORDS: Final[Mapping[str, str]] = {
    f"^{ID}$": "1 to 40 of a-z, 0-9 and -",
    f"^{DURATION}$": ALLOWED,
    f"^{SIZE}$": "a size such as 200MB",
    f"^({ADDRESS}|{DOMAIN})$": 'an e-mail address, or "*@DOMAIN" for every active user of it',
    f"^{ADDRESS}$": "an e-mail address",
    r"^(gs|file)://.": "gs://BUCKET/PREFIX or file:///FOLDER",
    r"^https?://.": "an http or https URL",
    r"^[A-Za-z_][\w.]*:[A-Za-z_]\w*$": "a function as package.module:function",
}

_CHECK = Faults(WORDS)


def read_watch(document: Mapping[str, Any], *, short_polls: bool = False) -> Watch:
    """Give the declared watch, defaults filled in.

    Raises:
        Invalid: with every fault of the document.
    """
    faults = list(check_watch(document, short_polls=short_polls))
    if faults:
        raise Invalid("; ".join(map(str, faults)))
    source = SOURCES[document["source"]]
    ttl = document.get("ttl")
    return Watch(
        id=document["id"],
        source=document["source"],
        subject=document.get("subject"),
        admin=document.get("admin"),
        params=source.normal(document.get("params") or {}),
        poll=parse_duration(document.get("poll", "1h")),
        ttl=parse_duration(ttl) if ttl else None,
        push=document.get("push", True),
        paused=document.get("paused", False),
        handle=tuple(document.get("handle") or ()),
        managed_by=document.get("managed_by"),
    )


def check_watch(document: object, *, short_polls: bool = False) -> Iterator[Fault]:
    """Name every fault of one declared watch."""
    yield from _CHECK(document, SCHEMA)
    if not isinstance(document, Mapping):
        return
    yield from _check_durations(document, short_polls=short_polls)
    yield from _check_secrets(document)
    source = document.get("source")
    if isinstance(source, str) and source in SOURCES:
        yield from _check_params(document)
        yield from _check_subject(document)


def check_watches(documents: Sequence[object], *, short_polls: bool = False) -> Iterator[Fault]:
    """Name every fault of a list of declared watches, ids given twice among them."""
    first: dict[object, int] = {}
    for number, document in enumerate(documents):
        for fault in check_watch(document, short_polls=short_polls):
            yield Fault((number, *fault.path), fault.text)
        name = document.get("id") if isinstance(document, Mapping) else None
        if isinstance(name, str):
            if name in first:
                yield Fault((number, "id"), f"{name!r} is declared twice; ids are unique")
            first.setdefault(name, number)


def identity(watch: Watch) -> str:
    """Give what makes the watch what it is: another source, subject or params is another start."""
    return fingerprint([watch.source, watch.subject, dict(watch.params)])


def _check_params(document: Mapping[str, Any]) -> Iterator[Fault]:
    profile = SOURCES[document["source"]].profile
    schema = {
        "type": "object",
        "properties": profile.params,
        "required": list(profile.required),
        "additionalProperties": False,
    }
    params = document.get("params", {})
    if not isinstance(params, Mapping):
        return
    for fault in _CHECK(params, schema):
        yield Fault(("params", *fault.path), fault.text)
    first, *others = [key for key in profile.one_of if key in params] or [""]
    for key in others:
        yield Fault(("params", key), f"cannot be given beside {first}: one or the other")


def _check_durations(document: Mapping[str, Any], *, short_polls: bool) -> Iterator[Fault]:
    for name in ("poll", "ttl"):
        value = document.get(name)
        if not isinstance(value, str) or not re.fullmatch(DURATION, value):
            continue
        try:
            length = parse_duration(value)
        except Invalid as error:
            yield Fault((name,), error.text)
            continue
        if name == "poll" and not short_polls and length < parse_duration(SHORTEST_POLL):
            yield Fault((name,), f"{value!r} is too short: at least {SHORTEST_POLL}")


def _check_secrets(document: Mapping[str, Any]) -> Iterator[Fault]:
    """A handler may sign with a secret of its own, never with Watchkeeper's."""
    handlers = document.get("handle")
    for number, handler in enumerate(handlers if isinstance(handlers, list) else ()):
        forward = handler.get("forward") if isinstance(handler, Mapping) else None
        secret = forward.get("secret") if isinstance(forward, Mapping) else None
        if isinstance(secret, str) and (secret == OWN_SECRET or secret.startswith(OWN_SECRETS)):
            path = ("handle", number, "forward", "secret")
            yield Fault(path, f"{secret[:80]!r} is Watchkeeper's own secret; name another")


def _check_subject(document: Mapping[str, Any]) -> Iterator[Fault]:
    subject = document.get("subject")
    needs = SOURCES[document["source"]].profile.needs_subject
    if needs and not subject:
        yield Fault(("subject",), f"is missing: {document['source']} is read as a user")
    if isinstance(subject, str) and subject.startswith("*@") and not document.get("admin"):
        yield Fault(("admin",), "is missing: who may read the domain's directory")
