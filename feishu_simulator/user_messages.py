"""Contents, mentions and events of messages that people send."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import Any

from feishu_simulator.credentials import Credentials
from feishu_simulator.messages import Message
from feishu_simulator.people import Person


def mention_list(
    credentials: Credentials, people: Iterable[Person], *, bot: bool
) -> list[dict[str, Any]]:
    """Mentions in the shape of events: keys @_user_1, @_user_2 …, the bot first."""
    named: list[tuple[dict[str, str], str, str]] = []
    if bot:
        ids = {"open_id": credentials.bot_open_id, "union_id": credentials.bot_union_id}
        named.append(({**ids, "user_id": ""}, credentials.bot_name, "bot"))
    named += [(person.ids(), person.name, "user") for person in people]
    return [
        {
            "key": f"@_user_{number}",
            "id": ids,
            "mentioned_type": kind,
            "name": name,
            "tenant_key": credentials.tenant_key,
        }
        for number, (ids, name, kind) in enumerate(named, 1)
    ]


def with_mentions(
    message_type: str, content: dict[str, Any], mentions: list[dict[str, Any]], *, everyone: bool
) -> dict[str, Any]:
    """The content with the missing placeholders in front; @_all mentions everyone."""
    keys = ["@_all"] * everyone + [mention["key"] for mention in mentions]
    if not keys:
        return content
    if message_type == "text":
        text = str(content.get("text", ""))
        there = set(re.findall(r"@_\w+", text))
        return {**content, "text": " ".join([*(key for key in keys if key not in there), text])}
    if message_type == "post":
        names = {mention["key"]: mention["name"] for mention in mentions}
        runs = [
            {"tag": "at", "user_id": key, "user_name": names.get(key, "all"), "style": []}
            for key in keys
        ]
        first, *rest = content.get("content") or [[]]
        return {**content, "content": [[*runs, *first], *rest]}
    return content


def files_in(content: dict[str, Any]) -> set[str]:
    """Keys of the images and files in a message."""
    keys = {str(content[key]) for key in ("image_key", "file_key") if content.get(key)}
    for paragraph in content.get("content") or []:
        if isinstance(paragraph, list):
            for run in paragraph:
                keys |= {str(run[key]) for key in ("image_key", "file_key") if run.get(key)}
    return keys


def receive_event(message: Message, credentials: Credentials) -> dict[str, Any]:
    """`event` of im.message.receive_v1 ("Receive message"); content is a JSON string."""
    assert message.sender is not None
    shown: dict[str, Any] = {
        "message_id": message.message_id,
        "root_id": message.root_id,
        "parent_id": message.parent_id,
        "thread_id": message.thread_id,
        "create_time": str(message.created_ms),
        "update_time": str(message.created_ms),
        "chat_id": message.chat.chat_id,
        "chat_type": message.chat.chat_type,
        "message_type": message.message_type,
        "content": json.dumps(message.content, ensure_ascii=False),
        "mentions": message.mentions,
    }
    return {
        "sender": {
            "sender_id": message.sender.ids(),
            "sender_type": "user",
            "tenant_key": credentials.tenant_key,
        },
        "message": {key: value for key, value in shown.items() if value not in ("", [])},
    }
