"""Feishu's events as the core knows them: messages, recalls and clicks on cards.

The shapes are those of "Receive message", "Message content" and "Card callback" in Feishu's
public documentation. Everything but the three ids may be missing, null or of a kind we don't know.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from typing import Any

from feishu_bot.core.answering.context import FetchedMessage
from feishu_bot.core.card_actions import CardAction
from feishu_bot.core.messages import BotIdentity, IncomingMessage, Mention, Sender
from feishu_bot.core.text import repair_surrogates
from feishu_bot.feishu.webhook.content import (
    as_dict,
    as_list,
    as_text,
    card_text,
    read_content,
)

_EVERYONE = frozenset({"all", "@_all"})
_LEADING_BLANK_LINES = re.compile(r"\A(?:[ \t]*\n)+")


def parse_message(event: Mapping[str, Any], bot: BotIdentity) -> IncomingMessage:
    """Read the `event` of im.message.receive_v1. Raises ValueError when an id is missing."""
    message = as_dict(event.get("message"))
    sender = as_dict(event.get("sender"))
    kind = as_text(message.get("message_type"))
    text, attachments, named = read_content(kind, _content(message.get("content")))
    mentions = _mentions(message.get("mentions"))
    for key, mention in named.items():
        mentions.setdefault(key, mention)
    calls = {key for key, mention in mentions.items() if _is_bot(mention, bot)}
    others = [mention for key, mention in mentions.items() if key not in calls]

    return IncomingMessage(
        message_id=_required(message, "message_id", "message without a message_id"),
        chat_id=_required(message, "chat_id", "message without a chat_id"),
        chat_type="p2p" if message.get("chat_type") == "p2p" else "group",
        sender=Sender(
            open_id=_required(
                as_dict(sender.get("sender_id")), "open_id", "message without its sender's open_id"
            ),
            user_id=as_text(as_dict(sender.get("sender_id")).get("user_id")),
            union_id=as_text(as_dict(sender.get("sender_id")).get("union_id")),
            is_bot=(sender.get("sender_type") or "user") != "user",
        ),
        kind=kind,
        text=repair_surrogates(_with_names(text, mentions, calls)),
        created_at=seconds(message.get("create_time")),
        mentions=tuple(dict.fromkeys(others)),
        mentions_bot=bool(calls),
        mentions_all="@_all" in text,
        attachments=attachments,
        root_id=as_text(message.get("root_id")),
        parent_id=as_text(message.get("parent_id")),
        thread_id=as_text(message.get("thread_id")),
    )


def parse_fetched(item: Mapping[str, Any], app_id: str) -> FetchedMessage | None:
    """A message as REST answers show it ("Get message"); None for a recalled one.

    Names stand for all mentions, the bot's own included.
    """
    message_id = as_text(item.get("message_id"))
    if not message_id or item.get("deleted") is True:
        return None
    kind = as_text(item.get("msg_type"))
    content = _content(as_dict(item.get("body")).get("content"))
    text, _, named = read_content(kind, content)
    if kind == "interactive":
        text = card_text(content) or text
    mentions = {**named, **_mentions(item.get("mentions"))}
    sender = as_dict(item.get("sender"))
    return FetchedMessage(
        message_id=message_id,
        text=repair_surrogates(_with_names(text, mentions, set())).strip(),
        sender=as_text(sender.get("id")),
        is_own=sender.get("sender_type") == "app" and sender.get("id") == app_id,
        created_at=seconds(item.get("create_time")),
    )


def parse_recall(event: Mapping[str, Any]) -> str:
    """The id of the message that im.message.recalled_v1 is about."""
    return _required(event, "message_id", "recall without a message_id")


def card_action_v2(event: Mapping[str, Any], event_id: str) -> CardAction:
    """Read the `event` of card.action.trigger."""
    context = as_dict(event.get("context"))
    return CardAction(
        event_id=event_id,
        message_id=as_text(context.get("open_message_id")),
        chat_id=as_text(context.get("open_chat_id")),
        operator=_operator(as_dict(event.get("operator"))),
        value=_value(as_dict(event.get("action")).get("value")),
        form=_form(as_dict(event.get("action"))),
    )


def card_action_v1(body: Mapping[str, Any]) -> CardAction:
    """Read the body of the old message-card callback.

    It has no event id; its token is one per click and stands in for it.
    """
    return CardAction(
        event_id=as_text(body.get("token")) or _digest(body),
        message_id=as_text(body.get("open_message_id")),
        chat_id=as_text(body.get("open_chat_id")),
        operator=_operator(body),
        value=_value(as_dict(body.get("action")).get("value")),
        form=_form(as_dict(body.get("action"))),
    )


def _content(raw: object) -> dict[str, Any]:
    if isinstance(raw, Mapping):
        return dict(raw)
    try:
        return as_dict(json.loads(raw)) if isinstance(raw, str) else {}
    except (ValueError, RecursionError):
        return {}


def _mentions(raw: object) -> dict[str, Mention]:
    """Mentions by their key. Everyone (`@_all`) is nobody in particular and left out."""
    mentions: dict[str, Mention] = {}
    for item in map(as_dict, as_list(raw)):
        key, identity = as_text(item.get("key")), item.get("id")
        # Events have an object here, messages fetched over REST a plain string.
        open_id = as_text(as_dict(identity).get("open_id")) or as_text(identity)
        everyone = {key, open_id, as_text(as_dict(identity).get("user_id"))} & _EVERYONE
        if key and not everyone:
            mentions[key] = Mention(open_id=open_id, name=as_text(item.get("name")))
    return mentions


def _is_bot(mention: Mention, bot: BotIdentity) -> bool:
    """By open id; anyone may bear the bot's name, so that counts only until the id is known."""
    if bot.open_id:
        return mention.open_id == bot.open_id
    return bool(bot.name) and mention.name == bot.name


def _with_names(text: str, mentions: Mapping[str, Mention], calls: set[str]) -> str:
    """Put names where the keys are, in one pass, so that a name can't pass for a key.

    The bot's own mention goes, together with one blank beside it.
    """
    if mentions or "@_all" in text:
        keys = "|".join(re.escape(key) for key in sorted(mentions, key=len, reverse=True))
        # `@_user_1` must not eat the beginning of an `@_user_10` that has no entry.
        pattern = rf"([ \t]?)({keys}|@_all)(?!\d)([ \t]?)" if keys else r"()(@_all)()"

        def name(match: re.Match[str]) -> str:
            before, key, after = match.groups()
            if key in calls:
                return before if after else ""
            mention = mentions.get(key)
            shown = (mention.name or mention.open_id) if mention else "all"
            return f"{before}@{shown.removeprefix('@')}{after}"

        text = re.sub(pattern, name, text)
    return _LEADING_BLANK_LINES.sub("", text).rstrip()


def _operator(raw: Mapping[str, Any]) -> Sender:
    return Sender(
        open_id=as_text(raw.get("open_id")),
        user_id=as_text(raw.get("user_id")),
        union_id=as_text(raw.get("union_id")),
    )


def _value(raw: object) -> dict[str, Any]:
    return _content(raw)


def _form(action: Mapping[str, Any]) -> dict[str, Any]:
    """The filled-in form. A control outside a form reads like a form with that one field."""
    form = as_dict(action.get("form_value"))
    name = as_text(action.get("name"))
    for field in ("option", "options", "input_value", "checked"):
        if action.get(field):
            form.setdefault(name or field, action[field])
    return form


def _required(data: Mapping[str, Any], name: str, fault: str) -> str:
    value = as_text(data.get(name))
    if not value:
        raise ValueError(fault)
    return value


def seconds(milliseconds: object) -> float:
    """A time in milliseconds, as Feishu writes it, in seconds; 0 for anything else."""
    try:
        return int(str(milliseconds)) / 1000
    except (ValueError, OverflowError):
        return 0.0


def _digest(body: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(body, sort_keys=True, default=str).encode()).hexdigest()
