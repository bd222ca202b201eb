"""The control endpoints under `/sim/`: look at the simulated Google, and make things go wrong.

All take and answer JSON; refusals have Google's error format; none needs a bearer token.

| endpoint | does |
|---|---|
| `GET /sim/` | lists all control endpoints |
| `GET /sim/channels` | every channel: its state, what became of its messages |
| `POST /sim/channels/{id}/silence` | lets the channel die in silence |
| `GET /sim/requests?method=GLOB&account=A` | the newest calls |
| `DELETE /sim/requests` | forgets them and their counts |
| `GET /sim/stats` | counts: calls by method and status, messages by outcome, channels by state |
| `GET`, `POST /sim/faults` | the faults at work; puts one to work (fields: `faults.py`) |
| `DELETE /sim/faults`, `DELETE /sim/faults/{n}` | ends all of them, or one |
| `GET`, `POST /sim/options` | the options (fields: `options.py`); changes some |
| `POST /sim/clock` | `{"advance": SECONDS}` moves the clock forward |
| `POST /sim/accounts/{account}/revoke` | 401, or 403 for another `reason` than `authError` |
| `POST /sim/accounts/{account}/restore` | lets the account in again |

Each API adds its own: `drive/control.py` and so on. docs/simulator.md has them all.
"""

from collections import Counter
from dataclasses import asdict
from fnmatch import fnmatchcase

from infra.local.google.call import Call, Route
from infra.local.google.clock import rfc3339
from infra.local.google.errors import GoogleError
from infra.local.google.faults import Fault
from infra.local.google.shape import Json


def _channels(call: Call) -> Json:
    now = call.world.clock.now()
    return {"channels": [each.summary(now) for each in call.world.channels.all()]}


def _silence(call: Call) -> None:
    if not call.world.channels.silence(call.path["id"]):
        raise GoogleError("notFound")


def _requests(call: Call) -> Json:
    method, account = call.text("method", "*"), call.text("account", "*")
    return {
        "requests": [
            each
            for each in call.world.journal.read()
            if fnmatchcase(each["method"], method) and fnmatchcase(each["account"], account)
        ]
    }


def _forget(call: Call) -> None:
    call.world.journal.clear()


def _stats(call: Call) -> Json:
    world, now = call.world, call.world.clock.now()
    states = Counter(each.summary(now)["state"] for each in world.channels.all())
    return {
        "now": rfc3339(now),
        "calls": dict(world.journal.counts),
        "messages": dict(world.delivery.outcomes),
        "waiting": world.delivery.waiting(),
        "channels": dict(states),
    }


def _faults(call: Call) -> Json:
    return {"faults": [asdict(each) for each in call.world.faults.all()]}


def _add_fault(call: Call) -> Json:
    try:
        return asdict(call.world.faults.add(Fault.from_json(call.body)))
    except (ValueError, TypeError) as error:
        raise GoogleError("invalid", str(error)) from error


def _remove_faults(call: Call) -> None:
    number = call.path.get("number")
    call.world.faults.remove(int(number) if number else None)


def _options(call: Call) -> Json:
    return asdict(call.world.options)


def _change_options(call: Call) -> Json:
    try:
        call.world.options.change(call.body)
    except ValueError as error:
        raise GoogleError("invalid", str(error)) from error
    return _options(call)


def _advance(call: Call) -> Json:
    try:
        now = call.world.clock.advance(float(call.body["advance"]))
    except (KeyError, ValueError, TypeError) as error:
        raise GoogleError("invalid", f"`advance`: {error}") from error
    return {"now": rfc3339(now)}


def _revoke(call: Call) -> None:
    call.world.access.revoke(call.path["account"], call.body.get("reason", "authError"))


def _restore(call: Call) -> None:
    call.world.access.restore(call.path["account"])


ROUTES = (
    Route("GET", "/sim/channels", "sim.channels", _channels),
    Route("POST", "/sim/channels/<path:id>/silence", "sim.silence", _silence),
    Route("GET", "/sim/requests", "sim.requests", _requests),
    Route("DELETE", "/sim/requests", "sim.requests.forget", _forget),
    Route("GET", "/sim/stats", "sim.stats", _stats),
    Route("GET", "/sim/faults", "sim.faults", _faults),
    Route("POST", "/sim/faults", "sim.faults.add", _add_fault),
    Route("DELETE", "/sim/faults", "sim.faults.clear", _remove_faults),
    Route("DELETE", "/sim/faults/<int:number>", "sim.faults.remove", _remove_faults),
    Route("GET", "/sim/options", "sim.options", _options),
    Route("POST", "/sim/options", "sim.options.change", _change_options),
    Route("POST", "/sim/clock", "sim.clock", _advance),
    Route("POST", "/sim/accounts/<account>/revoke", "sim.revoke", _revoke),
    Route("POST", "/sim/accounts/<account>/restore", "sim.restore", _restore),
)
