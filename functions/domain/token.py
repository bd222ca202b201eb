"""Channel tokens: made for one channel of one watch, verifiable with the key ring alone.

A token is `1.KEY.NAME.MAC`: the key's id, the watch's short name in base64url, and an HMAC-SHA256
over channel id and short name. Google sends it back in `X-Goog-Channel-Token`, at most 256
characters of it, and it is the only proof that a message is genuine.
https://developers.google.com/workspace/drive/api/guides/push#creating-notification-channels
"""

from __future__ import annotations

import binascii
import hashlib
import hmac
from base64 import urlsafe_b64decode
from dataclasses import dataclass

from functions.domain.errors import Unverified
from functions.domain.keyring import Key, Ring

LONGEST_TOKEN = 256
LONGEST_NAME = 120  # bytes of a watch id that a token carries whole
_PREFIX = 64  # bytes of a longer one that stay readable
_REFUSED = "the token does not verify"
_NOTHING = ["", "", "", ""]  # instead of version, key id, name and MAC
_URL_SAFE = bytes.maketrans(b"+/", b"-_")


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """What a verified token says: which watch its channel serves, and who signed it."""

    watch: str
    key_id: str


def shorten(watch: str) -> str:
    """Give the watch id as tokens carry it: itself, or of a very long one enough to find it.

    No watch id has a space, so a shortened one is never taken for another id.
    """
    raw = watch.encode()
    if len(raw) <= LONGEST_NAME:
        return watch
    digest = hashlib.sha256(raw).hexdigest()[:32]
    return f"{raw[:_PREFIX].decode(errors='ignore')} {digest}"


def mint(key: Key, *, channel: str, watch: str) -> str:
    """Make the token of `channel`, which serves `watch`."""
    name = shorten(watch)
    return f"1.{key.id}.{_encode(name.encode()).decode()}.{_mac(key, channel, name).decode()}"


def verify(ring: Ring, token: str | None, *, channel: str) -> Claim:
    """Give what `token` claims if one of the ring's keys made it for `channel`.

    Everything else is the one `Unverified`, after the same work: nothing can be learnt from it.
    """
    version, key_id, text, mac = _split(token)
    name = _decode(text)
    known = ring.find(key_id)
    expected = _mac(known or ring.keys[0], channel, name)
    genuine = hmac.compare_digest(expected, mac.encode(errors="replace"))
    if not (genuine and known and version == "1" and name):
        raise Unverified(_REFUSED)
    return Claim(watch=name, key_id=key_id)


def key_of(token: str | None) -> str:
    """Give the key id that a token names, verified or not; empty if it names none."""
    return _split(token)[1]


def _split(token: str | None) -> list[str]:
    parts = token.split(".") if token and len(token) <= LONGEST_TOKEN else []
    return parts if len(parts) == len(_NOTHING) else _NOTHING


def _mac(key: Key, channel: str, name: str) -> bytes:
    message = b"watchkeeper channel\0" + channel.encode() + b"\0" + name.encode()
    return _encode(hmac.digest(key.secret, message, "sha256"))


def _encode(raw: bytes) -> bytes:
    return binascii.b2a_base64(raw, newline=False).translate(_URL_SAFE).rstrip(b"=")


def _decode(text: str) -> str:
    try:
        given = text.encode("ascii")
        raw = urlsafe_b64decode(given + b"=" * (-len(given) % 4))
        # What we did not write so is not ours: of each token there is one spelling.
        return raw.decode() if _encode(raw) == given else ""
    except (binascii.Error, ValueError):
        return ""
