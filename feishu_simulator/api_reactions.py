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
        return success(
            {
                "reaction_id": reaction_id,
                "operator": self._operator(None),
                "action_time": str(message.created_ms),
                "reaction_type": {"emoji_type": emoji},
            }
        )

    def list(self, request: ApiRequest) -> ApiAnswer:
        """All of them on one page, of one kind where that is asked for ("List reactions")."""
        message = self._state.messages.get(request.params["message_id"])
        if message is None or message.deleted:
            raise Refusal(231003, "The message is not found, or has been recalled.")
        wanted = request.query.get("reaction_type")
        items = [
            {
                "reaction_id": reaction_id,
                "operator": self._operator(message.reacted_by.get(reaction_id)),
                "action_time": str(message.created_ms),
                "reaction_type": {"emoji_type": emoji},
            }
            for reaction_id, emoji in message.reactions.items()
            if wanted in (None, "", emoji)
        ]
        return success({"items": items, "has_more": False, "page_token": ""})

    def _operator(self, open_id: str | None) -> dict[str, str]:
        if open_id:
            return {"operator_id": open_id, "operator_type": "user"}
        return {"operator_id": self._state.credentials.app_id, "operator_type": "app"}

    def delete(self, request: ApiRequest) -> ApiAnswer:
        message = self._state.messages.get(request.params["message_id"])
        if message is None or message.deleted:
            raise Refusal(231003, "The message is not found, or has been recalled.")
        reaction_id = request.params["reaction_id"]
        if reaction_id in message.reacted_by:
            raise Refusal(231007, "The operator is not the creator of the reaction.")
        if message.reactions.pop(reaction_id, None) is None:
            raise Refusal(231010, "reaction_id is invalid.")
        message.note_change()
        return success({"reaction_id": request.params["reaction_id"]})
