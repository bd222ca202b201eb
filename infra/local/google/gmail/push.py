"""Gmail's notifications: Pub/Sub messages, pushed to a URL or published on a real topic.

https://developers.google.com/workspace/gmail/api/guides/push
"""

import base64
import json

from infra.local.google.clock import rfc3339
from infra.local.google.gmail.mailbox import Mailbox, Watch
from infra.local.google.ground import Ground
from infra.local.google.message import Message
from infra.local.google.sender import About
from infra.local.google.shape import Json


def push(ground: Ground, mailbox: Mailbox) -> None:
    """Tell the mailbox's watch, if it lives, that there is news."""
    watch, now = mailbox.watch, ground.clock.now()
    if watch is None or now >= watch.expiration:
        return
    if now - watch.told_at < ground.options.gmail_interval:
        return  # at most one message per second and user at Google's: the surplus is dropped
    address, body = _destination(ground, mailbox, watch)
    if not address:
        return
    watch.told_at, watch.sent = now, watch.sent + 1

    def make() -> Message:
        return Message(
            lane=f"gmail {mailbox.account}",
            address=address,
            headers={"Content-Type": "application/json"},
            body=json.dumps(body).encode(),
            retry_all=True,
        )

    about = About(method="gmail.users.watch", account=mailbox.account, target=mailbox.account)
    ground.sender.send(make, about)


def _destination(ground: Ground, mailbox: Mailbox, watch: Watch) -> tuple[str, Json]:
    # Google documents the history id as a text and sends a number.
    news = {"emailAddress": mailbox.account, "historyId": mailbox.head}
    data = base64.b64encode(json.dumps(news).encode()).decode()
    if ground.options.pubsub_url:
        url = f"{ground.options.pubsub_url}/v1/{watch.topic}:publish"
        return url, {"messages": [{"data": data}]}
    published = rfc3339(ground.clock.now())
    message_id = str(ground.random.randint(10**15, 10**16))
    message = {
        "data": data,
        "messageId": message_id,
        "message_id": message_id,
        "publishTime": published,
        "publish_time": published,
    }
    subscription = watch.topic.replace("/topics/", "/subscriptions/")
    return ground.options.gmail_push_url or "", {"message": message, "subscription": subscription}
