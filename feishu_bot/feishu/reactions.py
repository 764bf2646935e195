"""The bot's reactions on messages that wait."""

from __future__ import annotations

from feishu_bot.errors import FeishuUnavailable, RateLimited
from feishu_bot.feishu.api.client import FeishuClient
from feishu_bot.feishu.api.requests import items_in, object_in, text_in
from feishu_bot.feishu.streaming.paced_calls import PacedCaller
from feishu_bot.feishu.streaming.pacer import Pacer

# "One second": the emoji that people use for it ("Emoji types"; upper and lower case count).
WAITING = "OneSecond"
# A sign that comes late is none.
PATIENCE = 2.0


_PATH = "/im/v1/messages/:message_id/reactions"


class FeishuReactions:
    """Implements `core.queue.waiting.Reactions`. `app_id` tells the bot's own from others."""

    def __init__(self, client: FeishuClient, pacer: Pacer, app_id: str) -> None:
        self._client = client
        self._pacer = pacer
        self._caller = PacedCaller(pacer, patience=PATIENCE)
        self._app_id = app_id

    def room_to_add(self) -> int:
        return self._pacer.room("reaction.create")

    def room_to_remove(self) -> int:
        return self._pacer.room("reaction.delete")

    def add(self, message_id: str) -> str:
        """As on the page "Add message reaction"."""
        body = {"reaction_type": {"emoji_type": WAITING}}
        try:
            answer = self._caller.call(
                "reaction.create",
                lambda: self._client.call("POST", _PATH, body, message_id=message_id),
                # Once only: what seems lost may have landed, and a second one would stay.
                patience=0.0,
            )
        except FeishuUnavailable as exc:
            if isinstance(exc.__cause__, RateLimited):
                raise exc.__cause__ from None
            raise
        return text_in(answer, "data", "reaction_id")

    def find(self, message_id: str) -> tuple[str, ...]:
        """As on "List message reactions": 50 on a page, and there are hardly more of one kind."""
        queries = {"reaction_type": WAITING, "page_size": "50"}
        answer = self._caller.call(
            "reaction.list",
            lambda: self._client.call("GET", _PATH, queries=queries, message_id=message_id),
        )
        return tuple(
            text_in(item, "reaction_id")
            for item in items_in(answer)
            if object_in(item, "operator").get("operator_id") == self._app_id
        )

    def remove(self, message_id: str, reaction_id: str) -> None:
        """As on "Delete message reaction", which takes the app's own ones only."""
        path = f"{_PATH}/:reaction_id"
        self._caller.call(
            "reaction.delete",
            lambda: self._client.call(
                "DELETE", path, message_id=message_id, reaction_id=reaction_id
            ),
        )
