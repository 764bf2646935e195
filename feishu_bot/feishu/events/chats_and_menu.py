"""Parsers of the events about chats and the bot's menu.

The shapes are those of "Bot added to group", "User enters the chat with the bot", "First chat with
the bot" and "Bot menu" in Feishu's public documentation. Each parser raises ValueError when an id
is missing.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from feishu_bot.core.messages import ChatJoined, ChatType, MenuClick
from feishu_bot.feishu.events.fields import as_dict, as_text, person_of, required


def parse_bot_added(event: Mapping[str, Any], event_id: str) -> ChatJoined:
    """The bot was added to a group."""
    return _joined(event, event_id, "group", "operator_id")


def parse_chat_entered(event: Mapping[str, Any], event_id: str) -> ChatJoined:
    """A person opened their chat with the bot."""
    return _joined(event, event_id, "p2p", "operator_id")


def parse_first_chat(event: Mapping[str, Any], event_id: str) -> ChatJoined:
    """A person's chat with the bot was created."""
    return _joined(event, event_id, "p2p", "user")


def parse_menu_click(event: Mapping[str, Any], event_id: str) -> MenuClick:
    """An entry of the bot's menu was chosen."""
    return MenuClick(
        event_id=event_id,
        person=person_of(as_dict(event.get("operator")).get("operator_id")),
        entry=as_text(event.get("event_key")),
    )


def _joined(event: Mapping[str, Any], event_id: str, chat_type: ChatType, who: str) -> ChatJoined:
    """`who` names the part of the event that holds the person."""
    return ChatJoined(
        event_id=event_id,
        chat_id=required(event, "chat_id"),
        chat_type=chat_type,
        person=person_of(event.get(who)),
    )
