"""Gmail's profile, watch, stop, history, messages.

https://developers.google.com/workspace/gmail/api/reference/rest
"""

import re

from infra.local.google.call import Call
from infra.local.google.errors import GoogleError
from infra.local.google.gmail.mail import TYPES, Mail
from infra.local.google.gmail.mailbox import Mailbox, Watch
from infra.local.google.gmail.push import push
from infra.local.google.shape import Json

LIFE = 7 * 86_400.0
_TOPIC = re.compile(r"projects/[^/]+/topics/[^/]+")


def get_profile(call: Call) -> Json:
    """Answer gmail.users.getProfile."""
    mailbox = _mailbox(call)
    return {
        "emailAddress": mailbox.account,
        "messagesTotal": len(mailbox.mails),
        "threadsTotal": len({each.thread for each in mailbox.mails.values()}),
        "historyId": str(mailbox.visible(call.world.clock.now())),
    }


def watch(call: Call) -> Json:
    """Answer gmail.users.watch: one watch a mailbox, renewed by asking again."""
    mailbox, now = _mailbox(call), call.world.clock.now()
    topic = str(call.body.get("topicName", ""))
    if not _TOPIC.fullmatch(topic):
        text = f"Invalid topicName does not match projects/*/topics/*: {topic}"
        raise GoogleError("invalidArgument", text)
    old = mailbox.watch
    if old and old.topic != topic and now < old.expiration:
        text = (
            "Only one user push notification client allowed per developer (call /stop then try "
            "again)"
        )
        raise GoogleError("failedPrecondition", text)
    behaviour = call.body.get("labelFilterBehavior") or call.body.get("labelFilterAction") or ""
    mailbox.watch = Watch(
        topic=topic,
        labels=frozenset(call.body.get("labelIds") or ()),
        exclude=str(behaviour).lower() == "exclude",
        expiration=now + min(LIFE, call.world.options.max_life or LIFE),
    )
    push(call.world.ground, mailbox)  # a successful call is told at once
    expiration = str(round(mailbox.watch.expiration * 1000))
    return {"historyId": str(mailbox.visible(now)), "expiration": expiration}


def stop(call: Call) -> None:
    """Answer gmail.users.stop."""
    _mailbox(call).watch = None


def list_history(call: Call) -> Json:
    """Answer gmail.users.history.list; without records the answer has no key `history`."""
    mailbox, now = _mailbox(call), call.world.clock.now()
    size, start = call.size("maxResults", 100, 500), _number(call, "startHistoryId")
    if start < mailbox.floor:
        raise GoogleError("notFound", "Requested entity was not found.")
    page = _number(call, "pageToken") if call.text("pageToken") else start
    kinds = {TYPES.get(each) for each in call.query.get("historyTypes", ())}
    labels = call.text("labelId")
    left = [
        each
        for each in mailbox.since(page, now)
        if (not kinds or each.kind in kinds) and (not labels or each.concerns(labels))
    ]
    answer: Json = {"historyId": str(mailbox.visible(now))}
    if left:
        answer["history"] = [each.resource() for each in left[:size]]
    if len(left) > size:
        answer["nextPageToken"] = str(left[size - 1].id)
    return answer


def list_messages(call: Call) -> Json:
    """Answer gmail.users.messages.list: newest first; without messages no key `messages`."""
    size = call.size("maxResults", 100, 500)
    start = _number(call, "pageToken") if call.text("pageToken") else 0
    found = [each for each in _mailbox(call).mails.values() if _matches(call, each)]
    found.sort(key=lambda each: (-each.at, each.id))
    page = found[start : start + size]
    answer: Json = {"resultSizeEstimate": len(found)}
    if page:
        answer["messages"] = [{"id": each.id, "threadId": each.thread} for each in page]
    if len(found) > start + size:
        answer["nextPageToken"] = str(start + size)
    return answer


def get_message(call: Call) -> Json:
    """Answer gmail.users.messages.get."""
    mailbox = _mailbox(call)
    return mailbox.mail(call.path["id"]).resource(mailbox.account, call.text("format", "full"))


def modify_message(call: Call) -> Json:
    """Answer gmail.users.messages.modify."""
    mailbox = _mailbox(call)
    return call.world.gmail.label(
        mailbox.account,
        call.path["id"],
        add=call.body.get("addLabelIds", ()),
        remove=call.body.get("removeLabelIds", ()),
    ).resource(mailbox.account, "minimal")


def delete_message(call: Call) -> None:
    """Answer gmail.users.messages.delete."""
    call.world.gmail.delete(_mailbox(call).account, call.path["id"])


def _mailbox(call: Call) -> Mailbox:
    user = call.path["userId"].lower()
    if user not in {"me", call.account}:
        raise GoogleError("forbidden", f"Delegation denied for {call.account}")
    return call.world.gmail.mailbox(call.account)


def _number(call: Call, name: str) -> int:
    text = call.required(name)
    if not text.isascii() or not text.isdigit():
        raise GoogleError("invalid", f"Invalid value at '{name}': {text}", parameter=name)
    return int(text)


def _matches(call: Call, mail: Mail) -> bool:
    if not set(call.query.get("labelIds", ())) <= mail.labels:
        return False
    hidden = mail.labels & {"SPAM", "TRASH"}
    if hidden and not call.flag("includeSpamTrash"):
        return False
    for term in call.text("q").split():
        name, _, value = term.partition(":")
        if name in {"after", "before"} and value.isdigit():
            if (mail.at >= int(value)) != (name == "after"):
                return False
        elif term.lower() not in mail.subject.lower():
            return False
    return True
