"""Events that are no messages, as the core knows them: arrivals, and entries of the bot's menu.

The shapes are those of "Bot added to group", "User enters the chat with the bot", "First chat with
the bot" and "Bot menu" in Feishu's public documentation.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from feishu_bot.core.messages import ChatJoined, ChatType, MenuClick, Sender
from feishu_bot.feishu.webhook.content import as_dict, as_text

BOT_ADDED = "im.chat.member.bot.added_v1"
CHAT_ENTERED = "im.chat.access_event.bot_p2p_chat_entered_v1"
MENU = "application.bot.menu_v6"
# The only event that still comes in the envelope of the first generation.
FIRST_CHAT = "p2p_chat_create"


def parse_added(event: Mapping[str, Any], event_id: str) -> ChatJoined:
    """The bot was added to a group. Raises ValueError when an id is missing."""
    return _arrival(event, event_id, "group", "operator_id")


def parse_entered(event: Mapping[str, Any], event_id: str) -> ChatJoined:
    """A person opened their chat with the bot. Raises ValueError when an id is missing."""
    return _arrival(event, event_id, "p2p", "operator_id")


def parse_first_chat(event: Mapping[str, Any], event_id: str) -> ChatJoined:
    """A person's chat with the bot came to be. Raises ValueError when an id is missing."""
    return _arrival(event, event_id, "p2p", "user")


def parse_menu(event: Mapping[str, Any], event_id: str) -> MenuClick:
    """An entry of the bot's menu was pressed. Raises ValueError when an id is missing."""
    return MenuClick(
        event_id=event_id,
        person=_person(as_dict(event.get("operator")).get("operator_id")),
        entry=as_text(event.get("event_key")),
    )


def _arrival(
    event: Mapping[str, Any], event_id: str, chat_type: ChatType, person: str
) -> ChatJoined:
    """`person` names the part of the event that says who did it."""
    return ChatJoined(
        event_id=event_id,
        chat_id=_required(event, "chat_id"),
        chat_type=chat_type,
        person=_person(event.get(person)),
    )


def _person(raw: object) -> Sender:
    ids = as_dict(raw)
    return Sender(
        open_id=_required(ids, "open_id"),
        user_id=as_text(ids.get("user_id")),
        union_id=as_text(ids.get("union_id")),
    )


def _required(data: Mapping[str, Any], name: str) -> str:
    value = as_text(data.get(name))
    if not value:
        raise ValueError(f"no {name}")
    return value
