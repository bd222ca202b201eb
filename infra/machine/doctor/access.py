"""Checks of credentials: for each subject and API the very call that its watches begin with."""

from __future__ import annotations

from collections.abc import Iterator

from functions.domain.errors import RateLimited, Refused, Trouble, Unavailable
from functions.domain.model import Verdict, Watch
from functions.sources.source import Moment
from functions.sources.table import SOURCES
from infra.machine.doctor.finding import Finding, Ward, failed, ok, skipped, warning

MOST = 50  # subjects: more are not asked, so that a large domain is not a flood


def subjects(ward: Ward) -> Iterator[Finding]:
    """Whether each subject can be acted for, with the scopes its watches need."""
    wanted: dict[tuple[str | None, str], Watch] = {}
    for watch in ward.watches.values():
        if not watch.paused:
            wanted.setdefault((watch.subject, watch.source), watch)
    if not wanted:
        yield skipped("credentials", "no watch wants any")
    for watch in list(wanted.values())[:MOST]:
        yield _try(ward, watch)
    if len(wanted) > MOST:
        yield skipped("credentials", f"{len(wanted) - MOST} more were not asked")


def _try(ward: Ward, watch: Watch) -> Finding:
    source = SOURCES[watch.source]
    call = source.start(watch.params) or source.listing(watch.params, Moment(now=ward.now))
    who = watch.subject or "the service account"
    looked = f"{who}: {call.api} {call.method}"
    try:
        ward.at.google.call(call, subject=watch.subject)
    except Refused as refused:
        if refused.verdict is Verdict.UNAUTHORIZED:
            return failed(looked, refused.text, step=_step(watch) + ward.or_simulated)
        step = f"what {watch.id} watches is not there for this account: mend or remove it"
        return failed(looked, refused.text, step=step)
    except RateLimited as limited:
        return warning(looked, limited.text, step="a quota is used up: wait, or raise it")
    except Unavailable as trouble:
        step = f"Google or the network: try again{ward.or_simulated}"
        return warning(looked, trouble.text, step=step)
    except Trouble as trouble:
        return warning(looked, trouble.text, step="see `status`")
    scopes = ", ".join(scope.rpartition("/")[2] for scope in call.scopes)
    return ok(looked, f"allowed ({scopes})")


def _step(watch: Watch) -> str:
    scopes = ",".join(SOURCES[watch.source].profile.scopes)
    if watch.subject is None:
        return "gcloud auth application-default login, and share the resource with the account"
    return (
        f"one account: auth login {watch.subject} --source {watch.source}. A whole domain: an "
        "administrator opens https://admin.google.com/ac/owl/domainwidedelegation, `Add new`, "
        "client id = unique id of the workspace account (terraform output workspace), "
        f"scopes = {scopes}"
    )
