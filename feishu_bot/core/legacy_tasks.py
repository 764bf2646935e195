"""The inbox's rows of version 0.1, which are read until version 0.3.

There every task was a message, also what was pressed; a button's value was in its `action`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from feishu_bot.core.messages import ChatType, IncomingMessage
from feishu_bot.core.reply_target import ReplyTarget
from feishu_bot.core.tasks import ContinueAnswer, Greet, LegacyText, Regenerate, Task

_CHAT_TYPES: Mapping[str, ChatType] = {"p2p": "p2p", "group": "group"}


def is_legacy(payload: Mapping[str, Any]) -> bool:
    """Whether version 0.1 has stored this payload."""
    return "target" not in payload


def read_legacy_payload(kind: str, payload: Mapping[str, Any]) -> tuple[ReplyTarget, Task, float]:
    """Target, task and time of a row of version 0.1.

    Raises KeyError, TypeError or ValueError when it isn't one.
    """
    message = IncomingMessage.from_json(payload)
    action = {name: str(value) for name, value in dict(payload.get("action") or {}).items()}
    target = ReplyTarget.of(message)
    if "chat" in action:
        # It was pressed: the message has "group" where the kind of chat wasn't known.
        target = replace(target, chat_type=_CHAT_TYPES.get(action["chat"]))
    return target, _task(kind, message, action), message.created_at


def _task(kind: str, message: IncomingMessage, action: Mapping[str, str]) -> Task:
    match kind:
        case "message":
            return LegacyText(text=message.text, message=message, data=action)
        case "command":
            return LegacyText(text=message.text, data=action)
        case "regenerate":
            answer_id = action.get("card") or message.parent_id
            return Regenerate(answer_id=answer_id, model=action.get("model", ""))
        case "continue":
            return ContinueAnswer(card_id=message.parent_id)
        case "welcome":
            return Greet()
    raise ValueError(f"no such kind: {kind}")
