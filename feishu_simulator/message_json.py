"""A message as the REST API returns it, which differs from events."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from feishu_simulator.credentials import Credentials
from feishu_simulator.given_cards import given_card
from feishu_simulator.messages import RECALLED, Message
from feishu_simulator.quirks import Quirks
from feishu_simulator.user_messages import content_json


def as_json(
    message: Message,
    credentials: Credentials,
    quirks: Quirks,
    *,
    whole_card: bool = False,
    names: bool = False,
) -> dict[str, Any]:
    """The REST form: ids are flat, unlike in events ("Get message").

    With `names` senders have theirs: no page tells of it, users of the platform do.
    """
    if message.sender is None:
        sender = {"id": credentials.app_id, "id_type": "app_id", "sender_type": "app"}
        name = credentials.bot_name
    else:
        sender = {"id": message.sender.open_id, "id_type": "open_id", "sender_type": "user"}
        name = message.sender.name
    if names:
        sender["sender_name"] = name
    shown: dict[str, Any] = {
        "message_id": message.message_id,
        "root_id": message.root_id,
        "parent_id": message.parent_id,
        "thread_id": message.thread_id,
        "msg_type": message.message_type,
        "create_time": str(message.created_ms),
        "update_time": str(message.updated_ms or message.created_ms),
        "deleted": message.deleted,
        "updated": message.updated_ms > 0,
        "chat_id": message.chat.chat_id,
        "sender": {**sender, "tenant_key": credentials.tenant_key},
        "body": {"content": _body(message, quirks, whole_card=whole_card)},
        "mentions": [
            {
                "key": mention["key"],
                "id": next(iter(mention["id"].values())),
                "id_type": next(iter(mention["id"])),
                "name": mention["name"],
                "tenant_key": credentials.tenant_key,
            }
            for mention in message.mentions
        ],
    }
    return {key: value for key, value in shown.items() if value not in ("", [])}


def forwarded_in(
    message: Message,
    messages: Mapping[str, Message],
    credentials: Credentials,
    quirks: Quirks,
    *,
    names: bool = False,
) -> Iterator[dict[str, Any]]:
    """The messages of a forwarded chat, all of them flat, tied by upper_message_id."""
    for message_id in message.content.get("forwarded", ()):
        part = messages.get(message_id)
        if part is not None:
            shown = as_json(part, credentials, quirks, names=names)
            yield {**shown, "upper_message_id": message.message_id}
            yield from forwarded_in(part, messages, credentials, quirks, names=names)


def _body(message: Message, quirks: Quirks, *, whole_card: bool) -> str:
    if message.deleted:
        return RECALLED
    card = message.card
    if card is None:
        return content_json(message, quirks)
    return given_card(card, quirks, whole=whole_card)
