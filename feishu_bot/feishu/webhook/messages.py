"""Parsers of messages, from events and from REST, and of recalls.

The shapes are those of "Receive message", "Message content" and "Get message" in Feishu's public
documentation. Everything but the ids may be missing, null or of a type we don't know.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from feishu_bot.core.answering.context import FetchedMessage
from feishu_bot.core.messages import BotIdentity, IncomingMessage, Mention, Sender
from feishu_bot.core.text import repair_surrogates
from feishu_bot.feishu.webhook.content import card_text, read_content
from feishu_bot.feishu.webhook.fields import as_dict, as_list, as_text, object_in, required, seconds

_EVERYONE = frozenset({"all", "@_all"})
_LEADING_BLANK_LINES = re.compile(r"\A(?:[ \t]*\n)+")


def parse_message(event: Mapping[str, Any], bot: BotIdentity) -> IncomingMessage:
    """Read the `event` of im.message.receive_v1. Raises ValueError when an id is missing."""
    message = as_dict(event.get("message"))
    sender = as_dict(event.get("sender"))
    sender_ids = as_dict(sender.get("sender_id"))
    kind = as_text(message.get("message_type"))
    text, attachments, named = read_content(kind, object_in(message.get("content")))
    mentions = _mentions(message.get("mentions"))
    for key, mention in named.items():
        mentions.setdefault(key, mention)
    calls = {key for key, mention in mentions.items() if _is_bot(mention, bot)}
    others = [mention for key, mention in mentions.items() if key not in calls]

    return IncomingMessage(
        message_id=required(message, "message_id"),
        chat_id=required(message, "chat_id"),
        chat_type="p2p" if message.get("chat_type") == "p2p" else "group",
        sender=Sender(
            open_id=required(sender_ids, "open_id"),
            user_id=as_text(sender_ids.get("user_id")),
            union_id=as_text(sender_ids.get("union_id")),
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

    All mentions become names, the bot's own included.
    """
    message_id = as_text(item.get("message_id"))
    if not message_id or item.get("deleted") is True:
        return None
    kind = as_text(item.get("msg_type"))
    content = object_in(as_dict(item.get("body")).get("content"))
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
    """The message id in im.message.recalled_v1. Raises ValueError when it is missing."""
    return required(event, "message_id")


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

    The bot's own mention goes, together with one space beside it.
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
