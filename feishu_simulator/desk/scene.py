"""Scenes: what stands on the page as one JSON file, to be opened again later.

A scene has people, chats, messages with their cards as they stand, files and switches. It has no
credentials, no traffic, and nothing of the bot, which keeps its conversations in its own database.
"""

from __future__ import annotations

import base64
import json
from typing import Any

from feishu_simulator.desk.desk import Desk
from feishu_simulator.desk.scene_checks import FORMAT, MOST_BYTES, MOST_MESSAGES, VERSION
from feishu_simulator.messages import Message
from feishu_simulator.people import Chat, Person
from feishu_simulator.state import PlatformState
from feishu_simulator.user_messages import files_in

# Messages and files fill so much at most; the newest count, and small files.
MESSAGE_BYTES = MOST_BYTES // 2
FILE_BYTES = MOST_BYTES // 4
SINGLE_FILE_BYTES = 2 * 1024 * 1024
# Of how a message was pushed only this many attempts are kept.
DELIVERIES = 5


def dump_scene(desk: Desk) -> dict[str, Any]:
    """The scene as it stands. Takes the state's lock."""
    state = desk.feishu.state
    with state.lock:
        messages = _messages(state)
        return {
            "format": FORMAT,
            "version": VERSION,
            "people": [_person(person) for person in state.people.values()],
            "chats": [_chat(chat) for chat in state.chats.values()],
            "messages": messages,
            "files": _files(state, messages),
            "read": {person: dict(chats) for person, chats in desk.read.items()},
            "visited": sorted(desk.visited),
            "switches": desk.faults.settings(),
        }


def _person(person: Person) -> dict[str, Any]:
    return {**person.ids(), "name": person.name}


def _chat(chat: Chat) -> dict[str, Any]:
    return {
        "chat_id": chat.chat_id,
        "name": chat.name,
        "mode": chat.mode,
        "people": [person.open_id for person in chat.people],
        "threads": chat.threads,
        "has_bot": chat.has_bot,
    }


def _messages(state: PlatformState) -> list[dict[str, Any]]:
    """Oldest first, as many of the newest as fit."""
    kept: list[dict[str, Any]] = []
    left = MESSAGE_BYTES
    for message in reversed(state.messages.values()):
        one = _message(message)
        left -= len(json.dumps(one))
        if left < 0 or len(kept) == MOST_MESSAGES:
            break
        kept.append(one)
    return kept[::-1]


def _message(message: Message) -> dict[str, Any]:
    entity = message.entity
    return {
        "message_id": message.message_id,
        "chat_id": message.chat.chat_id,
        "sender": message.sender.open_id if message.sender else None,
        "type": message.message_type,
        "content": message.content,
        "created_ms": message.created_ms,
        "updated_ms": message.updated_ms,
        "edits": message.edits,
        "root_id": message.root_id,
        "parent_id": message.parent_id,
        "thread_id": message.thread_id,
        "replied_to": message.replied_to,
        "mentions": message.mentions,
        "deleted": message.deleted,
        "unheard": message.unheard,
        "event_id": message.event.event_id if message.event else "",
        "deliveries": [
            {"status": one.status, "error": one.error} for one in message.deliveries[-DELIVERIES:]
        ],
        "reactions": [
            {"id": reaction_id, "emoji": emoji, "person": message.reacted_by.get(reaction_id)}
            for reaction_id, emoji in message.reactions.items()
        ],
        "entity": entity
        and {
            "card_id": entity.card_id,
            "card": entity.card,
            "sequence": entity.sequence,
            "streaming": entity.is_streaming,
        },
    }


def _files(state: PlatformState, messages: list[dict[str, Any]]) -> dict[str, Any]:
    """The files of these messages that fit, by key; images of cards are among them."""
    wanted = {key for message in messages for key in files_in(message["content"])}
    text = json.dumps([message["entity"] or message["content"] for message in messages])
    files: dict[str, Any] = {}
    left = FILE_BYTES
    for kind, stored in (("image", state.images), ("file", state.files)):
        for key, file in reversed(stored.items()):
            if key not in wanted and key not in text:
                continue
            data = base64.b64encode(file.data).decode()
            if len(file.data) > SINGLE_FILE_BYTES or len(data) > left:
                continue
            left -= len(data)
            files[key] = {"kind": kind, "name": file.name, "mime": file.mime, "data": data}
    return files
