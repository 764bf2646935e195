"""What the page is shown of the world, as JSON values."""

from __future__ import annotations

from typing import Any

from feishu_simulator.conversation import files_in
from feishu_simulator.messages import Message
from feishu_simulator.people import Chat
from feishu_simulator.world import World

Version = tuple[int, int, int, bool, str]


def people_of(world: World) -> list[dict[str, str]]:
    return [{**person.ids(), "name": person.name} for person in world.people.values()]


def chats_of(world: World) -> list[dict[str, Any]]:
    return [_chat(chat) for chat in world.chats.values()]


def message_view(message: Message, world: World) -> dict[str, Any]:
    """A message as a reader's client holds it; `card` only for cards, `content` for the rest.

    `files` has the name and size of what can be downloaded, by its key: an app sends the key alone.
    """
    card = None if message.deleted else message.card
    return {
        "message_id": message.message_id,
        "chat_id": message.chat.chat_id,
        "sender": message.sender.open_id if message.sender else None,
        "type": message.message_type,
        "content": {} if message.deleted or card else message.content,
        "card": card,
        "files": {} if message.deleted else _files(message, world),
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
            {"key": m["key"], "open_id": m["id"]["open_id"], "name": m["name"]}
            for m in message.mentions
        ],
        "reactions": [
            {"emoji": emoji, "person": message.reacted_by.get(reaction_id)}
            for reaction_id, emoji in message.reactions.items()
        ],
        "deleted": message.deleted,
        "pushed": message.pushed,
        "deliveries": [
            {"status": delivery.status, "error": delivery.error} for delivery in message.deliveries
        ],
        "callbacks": len(message.callbacks),
    }


def version_of(message: Message) -> Version:
    """Another value means that the message looks different now, or its wire does.

    A message gets its thread_id from a reply, without a revision of its own.
    """
    events = [message.event, *message.happenings]
    pushes = sum(len(event.deliveries) for event in events if event)
    return message.revision, pushes, len(message.callbacks), message.streaming, message.thread_id


def _files(message: Message, world: World) -> dict[str, Any]:
    stored = {
        key: world.images.get(key) or world.files.get(key) for key in files_in(message.content)
    }
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
