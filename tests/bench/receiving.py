"""How many notifications a second `receive` answers, beside a bare function and a handwritten one.

All sides run under the same server with the same threads, take turns, and have the same requests.
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path

from tests.bench import notifications
from tests.bench.figure import Goal, Row, at_least, quantile, ratios, spread
from tests.bench.pressing import CONNECTIONS, SECONDS, Pressed, press
from tests.bench.queue_at_hand import TOPIC, NoQueueError, topic
from tests.bench.serving import BARE, RIVALS, ROOT, THREADS, Function, Served, serving
from tests.bench.telling import Tell

SECTION = "receive"
ROUNDS = 5
Rounds = Mapping[str, Sequence[Pressed]]

BARE_SIDE = "bare function"
SIDES: Mapping[str, tuple[str, Goal | None]] = {
    "handwritten handler, forged": ("401", None),
    "handwritten handler, valid": ("204", None),
    "receive, forged": ("401", at_least(0.9)),
    "receive, valid, publish left out": ("204", at_least(0.7)),
    "receive, valid, publish confirmed": ("204", at_least(0.35)),
}


def measure(tell: Tell) -> list[Row]:
    """Press all sides in turns."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        missing = ""
        settings = {
            "WATCHKEEPER_KEYS": str(notifications.write_keys(folder)),
            "WATCHKEEPER_NOTIFICATIONS": TOPIC,
            "WATCHKEEPER_PROJECT": "bench",
        }
        try:
            settings |= stack.enter_context(topic())
        except NoQueueError as trouble:
            missing = str(trouble)
        served = _serve(stack, settings)
        if missing:
            del served["receive, valid, publish confirmed"]
        rounds = _press_in_turns(served, tell)
    return [*rows(rounds, missing), *_checks(rounds)]


def _serve(
    stack: ExitStack, settings: Mapping[str, str]
) -> dict[str, tuple[Served, Sequence[bytes]]]:
    tokens = "\n".join(f"{channel} {proof}" for channel, proof in notifications.tokens().items())
    genuine, forged = notifications.genuine(), notifications.forged()

    def start(source: Path, given: Mapping[str, str]) -> Served:
        return stack.enter_context(serving(Function(source=source, settings=given)))

    bare = start(BARE.source, {})
    handwritten = start(RIVALS / "handwritten.py", {"TOKENS": tokens})
    unqueued = start(RIVALS / "unqueued.py", settings)
    whole = start(ROOT / "main.py", settings)
    return {
        BARE_SIDE: (bare, genuine),
        "handwritten handler, forged": (handwritten, forged),
        "handwritten handler, valid": (handwritten, genuine),
        "receive, forged": (whole, forged),
        "receive, valid, publish left out": (unqueued, genuine),
        "receive, valid, publish confirmed": (whole, genuine),
    }


def _press_in_turns(served: Mapping[str, tuple[Served, Sequence[bytes]]], tell: Tell) -> Rounds:
    for function, requests in served.values():  # imports and first connections are not counted
        press(function, requests, seconds=0.3)
    rounds: dict[str, list[Pressed]] = {side: [] for side in served}
    for number in range(ROUNDS):
        for side, (function, requests) in served.items():
            rounds[side].append(press(function, requests))
        tell(f"round {number + 1} of {ROUNDS}: bare {rounds[BARE_SIDE][-1].rate:.0f}/s")
    return rounds


def rows(rounds: Rounds, missing: str = "") -> list[Row]:
    """Compare each side with the bare function, round by round."""
    bare = [each.rate for each in rounds[BARE_SIDE]]
    found = [_rate(BARE_SIDE, rounds[BARE_SIDE])]
    for side, (_, goal) in SIDES.items():
        what = f"{side}: share of the bare function's rate"
        if side not in rounds:
            found.append(Row(section=SECTION, what=what, found=None, goal=goal, note=missing))
            continue
        pressed = rounds[side]
        found.append(_rate(side, pressed))
        share = ratios([each.rate for each in pressed], bare)
        note = _processor_share(rounds[BARE_SIDE], pressed)
        found.append(Row(section=SECTION, what=what, found=share, goal=goal, note=note))
    return found


def _rate(side: str, pressed: Sequence[Pressed]) -> Row:
    took = [seconds * 1000 for each in pressed for seconds in each.took]
    note = (
        f"p50 {quantile(took, 0.5):.1f} ms, p99 {quantile(took, 0.99):.1f} ms with {CONNECTIONS} "
        f"connections always busy; {THREADS} threads; {len(pressed)} x {SECONDS:g} s"
    )
    rate = spread([each.rate for each in pressed])
    return Row(section=SECTION, what=side, found=rate, unit="requests/s", note=note)


def _processor_share(bare: Sequence[Pressed], pressed: Sequence[Pressed]) -> str:
    theirs = [each.processor for each in bare if each.processor]
    ours = [each.processor for each in pressed if each.processor]
    if not ours or len(ours) != len(theirs):
        return ""
    share = ratios(theirs, ours)
    return f"by the server's processor time alone: {share}; {spread(ours).middle * 1e6:.0f} us each"


def _checks(rounds: Rounds) -> list[Row]:
    """Nothing is fast that answers something else."""
    for side, (status, _) in SIDES.items():
        for each in rounds.get(side, ()):
            if set(each.statuses) != {status}:
                raise RuntimeError(f"{side}: {dict(each.statuses)} instead of {status} alone")
    return []
