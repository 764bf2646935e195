"""Parsers of messages, from events and from REST, of edits and of recalls.

The shapes are those of "Receive message", "Message content" and "Get message" in Feishu's public
documentation. Everything but the ids may be missing, null or of a type we don't know.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from feishu_bot.core.fetched_messages import RECALLED, FetchedMessage
from feishu_bot.core.messages import BotIdentity, IncomingMessage, Sender
from feishu_bot.core.text import storable
from feishu_bot.feishu.events.content import Content, read_content
from feishu_bot.feishu.events.fields import (
    as_dict,
    as_id,
    as_text,
    person_id,
    person_of,
    required,
    seconds,
)
from feishu_bot.feishu.events.mentions import Mentions


def parse_message(
    event: Mapping[str, Any], bot: BotIdentity, *, is_edited: bool = False
) -> IncomingMessage:
    """Read the `event` of im.message.receive_v1. Raises ValueError when an id is missing."""
    message = as_dict(event.get("message"))
    created, updated = message.get("create_time"), message.get("update_time")
    # An edit may also be pushed as the message once more.
    is_edited = is_edited or (bool(updated) and seconds(updated) > seconds(created) > 0)
    content = read_content(
        as_id(message.get("message_type")), message.get("content"), is_edited=is_edited
    )
    mentions = Mentions.read(message.get("mentions"), content.mentions, bot)
    chat_id = required(message, "chat_id")
    is_private = message.get("chat_type") == "p2p"
    return IncomingMessage(
        message_id=required(message, "message_id"),
        chat_id=chat_id,
        chat_type="p2p" if is_private else "group",
        sender=_sender(as_dict(event.get("sender")), chat_id if is_private else ""),
        kind=content.kind,
        text=storable(mentions.put_names(content.text)),
        created_at=seconds(created),
        mentions=mentions.others,
        mentions_bot=bool(mentions.bot_keys),
        mentions_all=mentions.calls_everyone(content.text),
        subject=content.subject,
        attachments=content.attachments,
        root_id=as_id(message.get("root_id")),
        parent_id=as_id(message.get("parent_id")),
        thread_id=as_id(message.get("thread_id")),
        is_edited=is_edited,
    )


def parse_edit(event: Mapping[str, Any], bot: BotIdentity) -> IncomingMessage:
    """Read the `event` of im.message.updated_v1. Raises ValueError when an id is missing.

    No page describes it. It is taken to be that of a received message; what would stand in
    `message` may also stand beside it, under the names of "Get message".
    """
    message = as_dict(event.get("message")) or dict(event)
    body = as_dict(message.get("body"))
    message.setdefault("message_type", message.get("msg_type"))
    message.setdefault("content", body.get("content"))
    if not as_text(message.get("content")):
        raise ValueError("an edit without its text")
    sender = as_dict(event.get("sender")) or as_dict(message.get("sender"))
    if not sender:
        operator = event.get("operator_id") or event.get("user_id") or event.get("operator")
        sender = {"sender_id": as_dict(operator).get("operator_id") or operator}
    return parse_message({"message": message, "sender": sender}, bot, is_edited=True)


def parse_fetched(item: Mapping[str, Any], app_id: str) -> FetchedMessage | None:
    """A message as REST answers show it ("Get message"); None for a recalled one.

    All mentions become names, the bot's own included. Of a recalled one in a forwarded chat it is
    told that it was there.
    """
    message_id = as_id(item.get("message_id"))
    forward = as_id(item.get("upper_message_id"))
    if not message_id or (item.get("deleted") is True and not forward):
        return None
    body = as_dict(item.get("body"))
    sender = as_dict(item.get("sender"))
    is_own = sender.get("sender_type") == "app" and sender.get("id") == app_id
    content = read_content(
        as_id(item.get("msg_type")),
        body.get("content"),
        is_edited=item.get("updated") is True,
        is_own=is_own,
    )
    mentions = Mentions.read(item.get("mentions"), content.mentions, None)
    if item.get("deleted") is True:
        content = Content(RECALLED)
    return FetchedMessage(
        message_id=message_id,
        text=storable(mentions.put_names(content.text)).strip(),
        subject=content.subject,
        sender=as_id(sender.get("id")),
        name=storable(as_text(sender.get("sender_name"))),
        is_own=is_own,
        created_at=seconds(item.get("create_time")),
        kind=content.kind,
        attachments=content.attachments,
        forwarded_in=forward,
    )


def parse_recall(event: Mapping[str, Any]) -> str:
    """The message id in im.message.recalled_v1. Raises ValueError when it is missing."""
    return required(event, "message_id")


def _sender(sender: Mapping[str, Any], private_chat: str) -> Sender:
    """Who wrote; somebody without any id is known by their private chat. Raises ValueError."""
    ids = sender.get("sender_id")
    if isinstance(ids, str):
        ids = {"open_id": ids}
    if not ids and isinstance(sender.get("id"), str):
        ids = {"open_id": sender["id"]}
    if private_chat and not person_id(ids):
        ids = {"open_id": private_chat}
    return person_of(ids, is_bot=(sender.get("sender_type") or "user") != "user")
