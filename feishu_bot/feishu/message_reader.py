"""Messages that the bot was not sent, read over REST."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from feishu_bot.core.fetched_messages import RECALLED, FetchedMessage
from feishu_bot.errors import FeishuError, FeishuUnavailable, PermissionMissing
from feishu_bot.feishu.api.client import FeishuClient
from feishu_bot.feishu.events.messages import parse_fetched
from feishu_bot.logs import get_logger

logger = get_logger(__name__)

# Feishu refuses to give out a group's message without this scope, whatever else is granted.
GROUP_REFUSAL = 230027
GROUP_SCOPE = "im:message.group_msg"
READ_SCOPE = "im:message:readonly"
# Of a forwarded chat: messages, forwards inside of forwards, and cards that are asked for one by
# one, since Feishu gives them out by their own id only.
MOST_PARTS = 300
MOST_DEPTH = 5
MOST_CARDS = 3
# Seconds; an answer waits for it, and goes without.
NAME_TIMEOUT = 1.0


class FeishuMessageReader:
    """Implements `core.fetched_messages.MessageReader`."""

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
            return _with_parts(root, messages, self._card_text)
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

    def chat_name(self, chat_id: str) -> str:
        try:
            return self._client.chat_name(chat_id, timeout=NAME_TIMEOUT)
        except (FeishuError, KeyError, TypeError) as exc:
            logger.info("name of a group unknown", id=chat_id, error=str(exc))
            return ""

    def _card_text(self, message_id: str) -> str:
        card = self._whole_card(message_id)
        return card.text if card else ""

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


def _with_parts(
    root: FetchedMessage, messages: Sequence[FetchedMessage], whole: Callable[[str], str]
) -> FetchedMessage:
    """A forwarded chat with what was said in it, in order.

    Feishu gives all of it in one list; `upper_message_id` says what is inside of what. Another
    forward in it stands before its own messages. Whoever makes one may nest it, or tie it in a
    circle: what isn't reached within MOST_DEPTH steps is only counted, as is what comes before the
    last MOST_PARTS. `whole` gives the text of a card by its id.
    """
    inside: dict[str, list[FetchedMessage]] = {}
    known = {message.message_id for message in messages}
    for message in messages:
        if message.message_id != root.message_id:
            upper = message.forwarded_in if message.forwarded_in in known else root.message_id
            inside.setdefault(upper, []).append(replace(message, forwarded_in=upper))
    for parts in inside.values():
        parts.sort(key=lambda part: part.created_at, reverse=True)
    total = sum(map(len, inside.values()))
    newest: deque[FetchedMessage] = deque(maxlen=MOST_PARTS)
    waiting = [(part, 0) for part in inside.pop(root.message_id, ())]
    while waiting:
        part, depth = waiting.pop()
        newest.append(replace(part, depth=depth))
        # What was recalled is recalled with all that was in it.
        if depth + 1 < MOST_DEPTH and part.kind != RECALLED:
            waiting += [(inner, depth + 1) for inner in inside.pop(part.message_id, ())]
    parts = list(newest)
    cards = [n for n, part in enumerate(parts) if part.kind == "interactive" and not part.text]
    for number in cards[-MOST_CARDS:]:
        if not parts[number].is_own:
            text = whole(parts[number].message_id)
            parts[number] = replace(parts[number], text=text)
    return replace(root, parts=tuple(parts), left_out=total - len(parts))


def _forbidden(id: str, exc: PermissionMissing) -> FetchedMessage:
    scope = GROUP_SCOPE if exc.code == GROUP_REFUSAL else READ_SCOPE
    return FetchedMessage(message_id=id, missing_scope=scope)


def _log_unreadable(id: str, exc: FeishuError) -> None:
    logger.info("context not readable, answering without it", id=id, error=str(exc))
