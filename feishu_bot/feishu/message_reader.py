"""Messages that the bot was not sent, read over REST."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from feishu_bot.core.answering.context import FetchedMessage
from feishu_bot.errors import FeishuError
from feishu_bot.feishu.api.client import FeishuClient
from feishu_bot.feishu.webhook.messages import parse_fetched
from feishu_bot.logs import get_logger

logger = get_logger(__name__)


class FeishuMessageReader:
    """Implements `core.answering.context.MessageReader`.

    A message that may not be read, or can't be, counts as not there.
    """

    def __init__(self, client: FeishuClient, app_id: str) -> None:
        self._client = client
        self._app_id = app_id

    def quoted(self, message_id: str) -> FetchedMessage | None:
        items = self._items(lambda: self._client.message(message_id), message_id)
        # After the first come the parts of a forwarded chat.
        return next(iter(self._readable(items[:1])), None)

    def thread(self, thread_id: str) -> tuple[FetchedMessage, ...]:
        items = self._items(lambda: self._client.thread(thread_id), thread_id)
        return tuple(reversed(self._readable(items)))

    def _items(self, call: Callable[[], list[dict[str, Any]]], id: str) -> list[Mapping[str, Any]]:
        try:
            return list(call())
        except FeishuError as exc:
            logger.info("context not readable, answering without it", id=id, error=str(exc))
            return []

    def _readable(self, items: list[Mapping[str, Any]]) -> list[FetchedMessage]:
        read = (parse_fetched(item, self._app_id) for item in items)
        return [message for message in read if message is not None and message.text]
