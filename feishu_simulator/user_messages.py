"""Contents, mentions and events of messages that people send."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import Any

from feishu_simulator.credentials import Credentials
from feishu_simulator.given_cards import given_card
from feishu_simulator.messages import Message
from feishu_simulator.people import Person
from feishu_simulator.quirks import FORWARDED, Quirks

PLAIN = Quirks()


def mention_list(
    credentials: Credentials,
    people: Iterable[Person],
    *,
    bot: bool,
    everyone: bool = False,
    quirks: Quirks = PLAIN,
) -> list[dict[str, Any]]:
    """Mentions in the shape of events: keys @_user_1, @_user_2 …, the bot first.

    `everyone` is among them only under a numbered key; usually it is `@_all` in the text alone.
    """
    named: list[tuple[dict[str, str], str, str]] = []
    if bot:
        named.append((_bot_ids(credentials, quirks), credentials.bot_name, "bot"))
    if everyone and quirks.numbered_everyone:
        named.append(({"open_id": "all", "union_id": "", "user_id": ""}, "所有人", "user"))
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


def _bot_ids(credentials: Credentials, quirks: Quirks) -> dict[str, str]:
    if quirks.bot_mention == "app_id":
        return {"app_id": credentials.app_id}
    is_own = quirks.bot_mention == "open_id"
    open_id = credentials.bot_open_id if is_own else "ou_seen_by_another_app"
    return {"open_id": open_id, "union_id": credentials.bot_union_id, "user_id": ""}


def content_json(message: Message, quirks: Quirks = PLAIN) -> str:
    """The content of a message as a string of JSON."""
    content = message.content
    if message.card is not None:
        return given_card(message.card, quirks)
    if message.message_type == "merge_forward":
        return json.dumps(FORWARDED)
    if message.message_type == "post" and quirks.posts_in_markdown and "content" in content:
        content = {**content, "content": [], "content_v2": [[_markdown(content["content"])]]}
    if message.message_type == "text" and message.edits and quirks.edits_in_paragraphs:
        lines = str(content.get("text", "")).split("\n")
        content = {**content, "text": "".join(f"<p>{line}</p>" for line in lines)}
    return json.dumps(content, ensure_ascii=False)


def _markdown(paragraphs: list[Any]) -> dict[str, Any]:
    """Rich text as the Markdown that newer clients write."""

    def run(part: dict[str, Any]) -> str:
        match part.get("tag"):
            case "img":
                return f"![image]({part.get('image_key')})"
            case "at":
                name = str(part.get("user_name", ""))
                return f'<at user_id="{part.get("user_id")}">{name}</at>'
            case "a":
                return f"[{part.get('text', '')}]({part.get('href', '')})"
            case _:
                return str(part.get("text", ""))

    return {"tag": "md", "text": "\n".join("".join(map(run, row)) for row in paragraphs)}


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


def _missing_ids(quirks: Quirks) -> dict[str, str]:
    return {"open_id": "", "user_id": ""} if quirks.union_ids_only else {}


def receive_event(
    message: Message, credentials: Credentials, quirks: Quirks = PLAIN
) -> dict[str, Any]:
    """`event` of im.message.receive_v1 ("Receive message"); content is a JSON string."""
    assert message.sender is not None
    is_untold = message.message_type in quirks.told_as_nonsupport
    shown: dict[str, Any] = {
        "message_id": message.message_id,
        "root_id": message.root_id,
        "parent_id": message.parent_id,
        "thread_id": message.thread_id,
        "create_time": str(message.created_ms),
        "update_time": str(message.updated_ms or message.created_ms),
        "chat_id": message.chat.chat_id,
        "chat_type": message.chat.chat_type,
        "message_type": "nonsupport" if is_untold else message.message_type,
        "content": "{}" if is_untold else content_json(message, quirks),
        "mentions": message.mentions,
    }
    return {
        "sender": {
            "sender_id": {**message.sender.ids(), **_missing_ids(quirks)},
            "sender_type": "user",
            "tenant_key": credentials.tenant_key,
        },
        "message": {key: value for key, value in shown.items() if value not in ("", [])},
    }
