"""Reactions of the bot on messages ("Message reaction")."""

from __future__ import annotations

from feishu_simulator.api_request import ApiAnswer, ApiRequest, success
from feishu_simulator.refusals import Refusal
from feishu_simulator.state import PlatformState, new_id

EMOJIS = frozenset(
    [
        "Typing", "OnIt", "OneSecond", "THINKING", "GLANCE", "DONE", "OK", "THUMBSUP", "Get",
        "CheckMark", "CrossMark", "ERROR", "HEART", "SMILE", "ThumbsDown", "Alarm", "Fire", "WAVE",
    ]
)  # fmt: skip


class ReactionApi:
    """The handlers; each runs under the platform's lock and may raise Refusal."""

    def __init__(self, state: PlatformState) -> None:
        self._state = state

    def create(self, request: ApiRequest) -> ApiAnswer:
        message = self._state.messages.get(request.params["message_id"])
        if message is None or message.deleted:
            raise Refusal(231003, "The message is not found, or has been recalled.")
        emoji = (request.body.get("reaction_type") or {}).get("emoji_type")
        if emoji not in EMOJIS:
            raise Refusal(231001, "reaction type is invalid.")
        if not message.chat.has_bot:
            raise Refusal(231002, "The operator has no access to the message.")
        reaction_id = new_id("re")
        message.reactions[reaction_id] = emoji
        message.note_change()
        operator = {"operator_id": self._state.credentials.app_id, "operator_type": "app"}
        return success(
            {
                "reaction_id": reaction_id,
                "operator": operator,
                "action_time": str(message.created_ms),
                "reaction_type": {"emoji_type": emoji},
            }
        )

    def delete(self, request: ApiRequest) -> ApiAnswer:
        message = self._state.messages.get(request.params["message_id"])
        if message is None or message.deleted:
            raise Refusal(231003, "The message is not found, or has been recalled.")
        emoji = message.reactions.pop(request.params["reaction_id"], None)
        if emoji is None:
            raise Refusal(231010, "reaction_id is invalid.")
        message.note_change()
        return success({"reaction_id": request.params["reaction_id"]})
