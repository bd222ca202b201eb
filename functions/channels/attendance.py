"""Attends to one watch: brings its channels to what the plan wants, one decision at a time.

Every intent is stored before Google is asked, so that a crash at any line leaves a record from
which the next tick goes on. What came of the last deed is stored along with the next decision.
"""

from __future__ import annotations

from functions.channels.decision import Decision, Declared, decide_case
from functions.channels.deed import Deed, do
from functions.channels.renewal import Renewal
from functions.domain.model import ChannelState, Job
from functions.ports import Case

ROUNDS = 4  # decide, act, and see what the actions have changed


def attend(name: str, declared: Declared, renewal: Renewal) -> None:
    """Do what is due of one watch: Google's refusals are stored, only the store's escape."""
    made = _decide(name, declared, renewal)
    for left in reversed(range(ROUNDS)):
        if made is None:
            return
        if made.pull and made.case.progress is not None:
            job = Job(watch=made.case.progress.short, queued_at=renewal.clock.now(), reason="due")
            renewal.jobs.put(job)
            renewal.journal.note("pull queued", watch=name)
        if not made.actions:
            return
        deed: Deed | None = None
        for action in made.actions:
            _record(deed, renewal)
            deed = do(action, made, declared, renewal)
        if not left:
            _record(deed, renewal)
            return
        made = _decide(name, declared, renewal, deed)


def _decide(
    name: str, declared: Declared, renewal: Renewal, deed: Deed | None = None
) -> Decision | None:
    """Decide, and store what is wanted along with what came of the last deed."""
    made: Decision | None = None

    def decide(case: Case) -> Case | None:
        nonlocal made
        made = None
        settled = case if deed is None else _settled(case, deed)
        if settled is None:
            return None
        there = {n: c for n, c in settled.channels.items() if c.state is not ChannelState.CLOSED}
        made = decide_case(
            Case(settled.progress, there), declared, renewal, now=renewal.clock.now()
        )
        if made is None:
            return None
        return Case(made.case.progress, {**settled.channels, **made.case.channels})

    after = renewal.store.change(name, decide, channels=None)
    if deed is None:
        return made
    if after is None:  # somebody closed its channel meanwhile: it is not among the open ones
        _record(deed, renewal)
        return _decide(name, declared, renewal)
    deed.tell()
    return made


def _settled(case: Case, deed: Deed) -> Case | None:
    after = deed.settle(case)
    return after and Case(after.progress, {**case.channels, **after.channels})


def _record(deed: Deed | None, renewal: Renewal) -> None:
    """Store what came of a deed by itself."""
    if deed is not None:
        channel = deed.channel
        renewal.store.change(channel.watch, deed.settle, channels=(channel.id,))
        deed.tell()
