"""The state as JSON for the page."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from feishu_simulator.messages import Message
from feishu_simulator.people import Chat
from feishu_simulator.state import PlatformState, StoredFile
from feishu_simulator.user_messages import files_in

Version = tuple[int, int, int, bool, str]


def people_of(state: PlatformState) -> list[dict[str, str]]:
    return [{**person.ids(), "name": person.name} for person in state.people.values()]


def chats_of(state: PlatformState) -> list[dict[str, Any]]:
    return [_chat(chat) for chat in state.chats.values()]


def message_view(
    message: Message, images: Mapping[str, StoredFile], files: Mapping[str, StoredFile]
) -> dict[str, Any]:
    """A message as a client has it, with `card` for cards and `content` for the others.

    `files` has name and size of the downloads by key, because an app sends the key alone.
    """
    card = None if message.deleted else message.card
    return {
        "message_id": message.message_id,
        "chat_id": message.chat.chat_id,
        "sender": message.sender.open_id if message.sender else None,
        "type": message.message_type,
        "content": {} if message.deleted or card else message.content,
        "card": card,
        "files": {} if message.deleted else _files(message, images, files),
        "text": "" if message.deleted else message.text,
        "title": "" if message.deleted else message.title,
        "summary": "" if message.deleted else message.summary,
        "streaming": message.streaming,
        "created_ms": message.created_ms,
        "edited": message.updated_ms > 0 and card is None,
        "root_id": message.root_id,
        "parent_id": message.parent_id,
        "thread_id": message.thread_id,
        "replied_to": message.replied_to,
        "mentions": [
            {"key": m["key"], "open_id": m["id"].get("open_id", ""), "name": m["name"]}
            for m in message.mentions
        ],
        "reactions": [
            {"emoji": emoji, "person": message.reacted_by.get(reaction_id)}
            for reaction_id, emoji in message.reactions.items()
        ],
        "deleted": message.deleted,
        "pushed": message.pushed,
        "unheard": message.unheard,
        "deliveries": [
            {"status": delivery.status, "error": delivery.error} for delivery in message.deliveries
        ],
        "callbacks": len(message.callbacks),
    }


def version_of(message: Message) -> Version:
    """A value that differs once the message or its traffic has changed.

    `thread_id` is part of it: a reply may set it without a new revision.
    """
    events = [message.event, *message.later_events]
    pushes = sum(len(event.deliveries) for event in events if event)
    return message.revision, pushes, len(message.callbacks), message.streaming, message.thread_id


def _files(
    message: Message, images: Mapping[str, StoredFile], files: Mapping[str, StoredFile]
) -> dict[str, Any]:
    stored = {key: images.get(key) or files.get(key) for key in files_in(message.content)}
    return {
        key: {"name": file.name, "size": len(file.data)} for key, file in stored.items() if file
    }


def _chat(chat: Chat) -> dict[str, Any]:
    return {
        "chat_id": chat.chat_id,
        "name": chat.name,
        "mode": chat.mode,
        "people": [person.open_id for person in chat.people],
        "has_bot": chat.has_bot,
    }
