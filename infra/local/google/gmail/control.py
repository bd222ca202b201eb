"""Gmail's control endpoints: what happens to mail.

| endpoint | body | does |
|---|---|---|
| `POST /sim/gmail/{account}/messages` | `subject`, `sender`, `labels`, `thread`, `ago`, `count` | \
one message, or many |
| `POST /sim/gmail/{account}/messages/{id}/label` | `add`, `remove` | changes its labels |
| `POST /sim/gmail/{account}/messages/{id}/trash`, `/untrash`, `/delete` | | |
| `POST /sim/gmail/{account}/forget` | | old history ids answer 404 from now on |
| `POST /sim/gmail/{account}/disable`, `/enable` | | the mailbox is gone, or there again |
| `GET /sim/gmail/watches` | | every mailbox's watch |

Pushes go to the option `gmail_push_url`, or, with the option `pubsub_url`, to Pub/Sub's own API (an
emulator's) at that address, on the topic the watch names; with neither they are not sent.
"""

from infra.local.google.call import Call, Route
from infra.local.google.clock import rfc3339
from infra.local.google.errors import GoogleError
from infra.local.google.shape import Json


def _deliver(call: Call) -> Json:
    fields, account = dict(call.body), call.path["account"]
    count = fields.pop("count", None)
    if count is None:
        mail = call.world.gmail.deliver(account, **fields)
        return mail.resource(account, "minimal")
    return {"ids": [call.world.gmail.deliver(account, **fields).id for _ in range(count)]}


def _act(call: Call) -> Json | None:
    gmail, account, mail_id = call.world.gmail, call.path["account"], call.path["id"]
    match call.path["act"]:
        case "label":
            return gmail.label(account, mail_id, **call.body).resource(account, "minimal")
        case "trash":
            return gmail.trash(account, mail_id).resource(account, "minimal")
        case "untrash":
            return gmail.untrash(account, mail_id).resource(account, "minimal")
        case "delete":
            gmail.delete(account, mail_id)
            return None
    raise GoogleError("notFound")


def _act_on_mailbox(call: Call) -> None:
    gmail, account = call.world.gmail, call.path["account"].lower()
    match call.path["act"]:
        case "forget":
            gmail.forget_history(account)
        case "disable":
            gmail.gone.add(account)
        case "enable":
            gmail.gone.discard(account)
        case _:
            raise GoogleError("notFound")


def _watches(call: Call) -> Json:
    return {
        "watches": [
            {
                "account": each.account,
                "topic": each.watch.topic,
                "labels": sorted(each.watch.labels),
                "expiration": rfc3339(each.watch.expiration),
                "sent": each.watch.sent,
                "live": call.world.clock.now() < each.watch.expiration,
            }
            for each in call.world.gmail.mailboxes.values()
            if each.watch
        ]
    }


ROUTES = (
    Route("GET", "/sim/gmail/watches", "sim.gmail.watches", _watches),
    Route("POST", "/sim/gmail/<account>/messages", "sim.gmail.deliver", _deliver),
    Route("POST", "/sim/gmail/<account>/messages/<id>/<act>", "sim.gmail.act", _act),
    Route("POST", "/sim/gmail/<account>/<act>", "sim.gmail.mailbox", _act_on_mailbox),
)
