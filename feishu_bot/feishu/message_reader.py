"""Messages that the bot was not sent, read over REST."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from feishu_bot.core.answering.context import FetchedMessage
from feishu_bot.errors import FeishuError, FeishuUnavailable, PermissionMissing
from feishu_bot.feishu.api.client import FeishuClient
from feishu_bot.feishu.webhook.messages import parse_fetched
from feishu_bot.logs import get_logger

logger = get_logger(__name__)

# Feishu refuses to give out a group's message without this scope, whatever else is granted.
GROUP_REFUSAL = 230027
GROUP_SCOPE = "im:message.group_msg"
READ_SCOPE = "im:message:readonly"


class FeishuMessageReader:
    """Implements `core.answering.context.MessageReader`."""

    def __init__(self, client: FeishuClient, app_id: str) -> None:
        self._client = client
        self._app_id = app_id

    def quoted(self, message_id: str) -> FetchedMessage | None:
        try:
            items = self._client.message(message_id)
        except PermissionMissing as exc:
            _log_unreadable(message_id, exc)
            return _forbidden(message_id, exc)
        except FeishuError as exc:
            _log_unreadable(message_id, exc)
            return None
        messages = list(self._parsed(items))
        root = next((one for one in messages if one.message_id == message_id), None)
        if root and root.kind == "interactive":
            return self._whole_card(message_id) or root
        if root and root.kind == "merge_forward":
            return replace(root, parts=tuple(_forwarded(messages, message_id)))
        return root

    def thread(self, thread_id: str) -> tuple[FetchedMessage, ...]:
        try:
            items = self._thread_items(thread_id)
        except PermissionMissing as exc:
            _log_unreadable(thread_id, exc)
            return (_forbidden(thread_id, exc),)
        except FeishuError as exc:
            _log_unreadable(thread_id, exc)
            return (FetchedMessage(message_id=thread_id, kind=""),)
        # A notice of Feishu ("… joined the group") is nobody's word.
        said = (message for message in self._parsed(items) if message.kind != "system")
        return tuple(reversed(list(said)))

    def _whole_card(self, message_id: str) -> FetchedMessage | None:
        """The card as its sender wrote it; None where it isn't given out."""
        try:
            messages = self._parsed(self._client.message(message_id, whole_cards=True))
            return next((card for card in messages if card.text), None)
        except FeishuError as exc:
            logger.info("card not given out whole", id=message_id, error=str(exc))
            return None

    def _thread_items(self, thread_id: str) -> list[dict[str, Any]]:
        try:
            return self._client.thread(thread_id, whole_cards=True)
        except FeishuUnavailable as exc:
            # With a forwarded chat among them Feishu answers a request for whole cards with 500.
            logger.info("thread asked for without whole cards", id=thread_id, error=str(exc))
            return self._client.thread(thread_id)

    def _parsed(self, items: Iterable[Mapping[str, Any]]) -> Iterator[FetchedMessage]:
        parsed = (parse_fetched(item, self._app_id) for item in items)
        return (message for message in parsed if message is not None)


def _forwarded(messages: Iterable[FetchedMessage], root: str) -> Iterator[FetchedMessage]:
    """What was said in a forwarded chat, in order; another one inside it follows its own line."""
    inside: dict[str, list[FetchedMessage]] = {}
    for message in messages:
        if message.message_id != root:
            inside.setdefault(message.forwarded_in or root, []).append(message)

    def parts_of(forward: str) -> Iterator[FetchedMessage]:
        for part in sorted(inside.pop(forward, []), key=lambda part: part.created_at):
            yield part
            yield from parts_of(part.message_id)

    return parts_of(root)


def _forbidden(id: str, exc: PermissionMissing) -> FetchedMessage:
    scope = GROUP_SCOPE if exc.code == GROUP_REFUSAL else READ_SCOPE
    return FetchedMessage(message_id=id, missing_scope=scope)


def _log_unreadable(id: str, exc: FeishuError) -> None:
    logger.info("context not readable, answering without it", id=id, error=str(exc))
