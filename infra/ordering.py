"""Gives the ordering key of a watch: its id, as far as an ordering key can carry it."""

from __future__ import annotations

import hashlib

LONGEST_KEY = 1024  # bytes; https://docs.cloud.google.com/pubsub/quotas
_PREFIX = 900


def ordering_key(watch: str) -> str:
    """Give the key under which all messages of a watch keep their order."""
    raw = watch.encode(errors="replace")
    if len(raw) <= LONGEST_KEY:
        return raw.decode()
    digest = hashlib.sha256(watch.encode(errors="surrogatepass")).hexdigest()
    return f"{raw[:_PREFIX].decode(errors='ignore')} {digest}"
