"""Under a flood of forged requests genuine notifications are answered, and none is lost."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.e2e.conftest import Figures
from tests.e2e.patience import eventually
from tests.hostile.flood import send
from tests.hostile.forgeries import forgeries
from tests.hostile.genuine import Genuine
from tests.hostile.target import MEGABYTE, Target

ROOT = Path(__file__).resolve().parents[2]
PROOF = "1.k1.YW5hLWRyaXZl.bm90aGluZw"
LONG = pytest.param(20.0, marks=[pytest.mark.soak], id="long")
GROWTH = 48 * MEGABYTE  # of buffers and caches; a leak of a flood's size is more


@pytest.mark.parametrize("seconds", [pytest.param(1.5, id="short"), LONG])
def test_genuine_ones_get_through(target: Target, seconds: float, figures: Figures) -> None:
    """Each is answered with a 2xx, at worst when it is sent again, and each is queued."""
    before = target.memory()
    with _flooding(target.port) as flood, Genuine(target.port, target.ring, every=0.02) as genuine:
        time.sleep(seconds)
    after = target.memory()
    forged = int(flood.communicate(timeout=20)[0])
    figures(
        f"{forged / seconds:.0f} forged/s; {genuine}; "
        f"memory {before // MEGABYTE} to {after // MEGABYTE} MB"
    )
    assert forged > 50 * seconds
    assert genuine.lost == []
    assert genuine.taken == genuine.given
    eventually("all queued", lambda: target.queued() >= genuine.taken)
    assert after - before < GROWTH


def test_what_each_forgery_gets(target: Target) -> None:
    """A refusal of the caller's, or no answer: never a 2xx, never an error of ours."""
    for kind, request in forgeries(PROOF).items():
        status = _answer(target.port, request).split(b" ")[1:2]
        assert not status or (status[0].isdigit() and 400 <= int(status[0]) < 500), (kind, status)


def _answer(port: int, request: bytes) -> bytes:
    try:
        return send(port, request, waits=True, patience=0.5)
    except OSError:
        return b""


@contextmanager
def _flooding(port: int) -> Iterator[subprocess.Popen[str]]:
    words = [sys.executable, "-m", "tests.hostile.flood", str(port), PROOF, "8"]
    flood = subprocess.Popen(
        words, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        yield flood
        assert flood.poll() is None
        assert flood.stdin is not None
        flood.stdin.close()
        flood.stdin = None
    except BaseException:
        flood.kill()
        flood.wait()
        raise
