"""Deliveries that Feishu would sign and never send: genuine ones, changed at random."""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Iterator
from typing import Any

from feishu_simulator import Credentials

IDS = {"open_id": "ou_alice", "union_id": "on_alice", "user_id": "alice"}
# What no table, path, log or parser should be given as it is.
HOSTILE: tuple[Any, ...] = (
    None, True, False, 0, -1, 2**63, 10**400, 1e308, float("inf"), float("nan"), "", " ", "0",
    "\0", "a\0b", "\ud83d", "\ude00\ud83d", "😀" * 50, "a\nb", "\x1b[31mred", "\u2028", "\u202e",
    "x" * 300, "x" * 70_000, "/", "../..", "a/b?c=d#e", "%00", "';--", "{{7*7}}",
    "<at id=all></at>",
    [], {}, [[]], [None], {"": ""}, {"a": {"b": {}}}, [1, "a", {}], "[]", "{}", '{"text":', "null",
    "9" * 5000, "NaN", "-1", "1e9", "٣", "@_all", "@_user_1", "om_card", "oc_group", "ou_alice",
)  # fmt: skip
TEXTS = (
    '{"text":"@_user_1 hello"}',
    '{"text":"/help"}',
    '{"text":"half \\ud83d and \\u0000"}',
    '{"image_key":"img_v3_1"}',
    '{"file_key":"file_v3_1","file_name":"a.pdf"}',
    '{"title":"t","content":[[{"tag":"text","text":"a"},{"tag":"at","user_id":"@_user_1"}]]}',
)
BYTES = (b"", b"\0", b"\xff\xfe", b'"', b"\\ud800", b"\\u0000", b"}", b"[" * 3000, b"9" * 5000)


def corpus(credentials: Credentials) -> list[dict[str, Any]]:
    """One genuine delivery of each kind; the app's id and token are the right ones."""

    def event(kind: str, body: dict[str, Any]) -> dict[str, Any]:
        header = {
            "event_id": "ev_fuzz",
            "event_type": kind,
            "create_time": "1760000000001",
            "token": credentials.verification_token,
            "app_id": credentials.app_id,
            "tenant_key": "tk",
        }
        return {"schema": "2.0", "header": header, "event": body}

    message = {
        "message_id": "om_fuzz",
        "root_id": "om_root",
        "parent_id": "om_parent",
        "thread_id": "omt_1",
        "chat_id": "oc_group",
        "chat_type": "group",
        "message_type": "text",
        "content": TEXTS[0],
        "create_time": "1760000000001",
        "update_time": "1760000000001",
        "mentions": [
            {"key": "@_user_1", "id": {"open_id": credentials.bot_open_id}, "name": "Bot"},
            {"key": "@_user_2", "id": dict(IDS), "name": "Bob"},
        ],
    }
    sender = {"sender_id": dict(IDS), "sender_type": "user", "tenant_key": "tk"}
    private = message | {"chat_id": "oc_private", "chat_type": "p2p", "thread_id": ""}
    click = {
        "operator": dict(IDS),
        "token": "c-1",
        "action": {
            "tag": "button",
            "name": "field",
            "value": {"act": "clear", "chat": "p2p", "turn": "1", "page": "2"},
            "form_value": {"text": "a", "model": "gpt"},
            "option": "a",
        },
        "context": {"open_message_id": "om_card", "open_chat_id": "oc_group"},
    }
    events = [
        event("im.message.receive_v1", {"sender": sender, "message": message}),
        event("im.message.receive_v1", {"sender": sender, "message": private}),
        event("im.message.updated_v1", {"sender": sender, "message": private}),
        event("im.message.recalled_v1", {"message_id": "om_fuzz", "chat_id": "oc_group"}),
        event("im.chat.member.bot.added_v1", {"chat_id": "oc_group", "operator_id": dict(IDS)}),
        event(
            "im.chat.access_event.bot_p2p_chat_entered_v1",
            {"chat_id": "oc_private", "operator_id": dict(IDS), "last_message_id": "om_1"},
        ),
        event(
            "application.bot.menu_v6",
            {"operator": {"operator_id": dict(IDS)}, "event_key": "help", "timestamp": 1},
        ),
        {
            "uuid": "uu_fuzz",
            "token": credentials.verification_token,
            "type": "event_callback",
            "event": {
                "type": "p2p_chat_create",
                "app_id": credentials.app_id,
                "chat_id": "oc_private",
                "user": dict(IDS),
            },
        },
    ]
    acts = ("clear", "stop", "regenerate", "continue", "run", "settings_save", "rate", "comment",
            "role_show", "model_set", "unblock", "more", "go_back", "nonsense")  # fmt: skip
    for act in acts:
        pressed = copy.deepcopy(click)
        pressed["action"]["value"]["act"] = act
        events.append(event("card.action.trigger", pressed))
    return events


def mutated(source: random.Random, seeds: list[dict[str, Any]], number: int) -> bytes:
    """The bytes of one delivery, with ids of its own and one to four changes."""
    try:
        data = copy.deepcopy(source.choice(seeds))
        _rename(data, number)
        for _ in range(source.randint(1, 4)):
            _change(source, data)
        text = json.dumps(data, ensure_ascii=source.random() < 0.7)
    except RecursionError:
        # What was put into itself again and again is deeper than anybody here can write.
        text = "[" * 3000
    body = text.encode("utf-8", "surrogatepass")
    if source.random() < 0.15:
        at = source.randrange(len(body))
        kept = at + source.choice((0, 0, 1, 5, 10_000))
        body = body[:at] + source.choice(BYTES) + body[kept:]
    return body


def _rename(data: dict[str, Any], number: int) -> None:
    if "header" in data:
        data["header"]["event_id"] += str(number)
    else:
        data["uuid"] += str(number)
    message = data["event"].get("message")
    if message:
        message["message_id"] += str(number)
        message["content"] = TEXTS[number % len(TEXTS)]


def _change(source: random.Random, data: dict[str, Any]) -> None:
    places = list(_places(data))
    if not places:
        # The changes before have taken everything away.
        return
    holder, name = source.choice(places)
    match source.randrange(8):
        case 0:
            del holder[name]
        case 1:
            other, other_name = source.choice(places)
            holder[name] = copy.deepcopy(other[other_name])
        case 2 if isinstance(holder, dict):
            holder[source.choice(("", "\0", "\ud83d", "text", "tag", "x" * 500))] = copy.deepcopy(
                holder[name]
            )
        case 3 if isinstance(holder[name], str):
            at = source.randint(0, len(holder[name]))
            odd = source.choice(("\0", "\ud83d", "\n", "/", "\x1b", " ", "é"))
            holder[name] = holder[name][:at] + odd + holder[name][at:]
        case 4:
            deep: Any = copy.deepcopy(holder[name])
            for _ in range(source.choice((2, 50, 150))):
                deep = {"a": deep} if source.random() < 0.5 else [deep]
            holder[name] = deep
        case _:
            holder[name] = copy.deepcopy(source.choice(HOSTILE))


def _places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Every member of the objects and lists in it. The proof of the app stays as it is."""
    pairs = value.items() if isinstance(value, dict) else enumerate(value)
    for name, item in list(pairs):
        if name in ("app_id", "token") and isinstance(item, str) and item.startswith(("cli", "v")):
            continue
        yield value, name
        if isinstance(item, dict | list):
            yield from _places(item)
