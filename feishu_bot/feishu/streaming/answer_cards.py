"""The cards of one answer."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from feishu_bot.core.messages import SentMessages
from feishu_bot.errors import FeishuError, LeaseLost, PermissionMissing
from feishu_bot.feishu.api.error_codes import is_about_card
from feishu_bot.feishu.streaming.card_factory import CardFactory
from feishu_bot.feishu.streaming.paced_calls import Abandoned
from feishu_bot.feishu.streaming.streaming_card import StreamingCard
from feishu_bot.logs import get_logger

logger = get_logger(__name__)


class AnswerCards:
    """The cards so far, and those that an earlier process left behind, by their states."""

    def __init__(
        self,
        factory: CardFactory,
        left_behind: Iterable[Mapping[str, Any]],
        save: Callable[[], None],
    ) -> None:
        self._factory = factory
        self._left_behind = list(left_behind)
        self._save = save
        self._cards: list[StreamingCard] = []

    def __len__(self) -> int:
        return len(self._cards)

    def __iter__(self) -> Iterator[StreamingCard]:
        return iter(self._cards)

    @property
    def last(self) -> StreamingCard:
        """The card that the answer goes on in. Raises IndexError."""
        return self._cards[-1]

    @property
    def has_more(self) -> bool:
        """Whether an earlier process had further cards."""
        return len(self._cards) < len(self._left_behind)

    def add(self) -> None:
        """Add a card, or the one that was left behind in its place."""
        number = len(self._cards)
        state = self._left_behind[number] if self.has_more else {}
        self._cards.append(self._factory.make(number, state, self._save))

    def write_into_message(self, exc: FeishuError) -> bool:
        """Put a new card without an entity in place of the last one, which wasn't taken.

        False when it had none. Raises `exc` when another card is not taken either.
        """
        if isinstance(exc, PermissionMissing) and not self.last.is_created:
            logger.warning("no CardKit, patching cards instead", error=str(exc))
            self._factory.give_up_cardkit()
        elif not is_about_card(exc):
            raise exc
        elif not self.last.is_entity:
            return False
        else:
            logger.warning("card refused, writing it into its message", error=str(exc))
        number = len(self._cards) - 1
        self._cards[number] = self._factory.make_patched(number, {}, self._save)
        return True

    def states(self) -> list[Mapping[str, Any]]:
        """All that another process needs to continue."""
        own = [card.state() for card in self._cards]
        return own + self._left_behind[len(own) :]

    def sent(self, plain_ids: tuple[str, ...]) -> SentMessages:
        """The messages of the cards, and of what came as text."""
        ids = tuple(card.message_id for card in self._cards if card.message_id)
        threads = [card.thread_id for card in self._cards if card.thread_id]
        entities = {card.message_id: card.state().get("card_id", "") for card in self._cards}
        return SentMessages(ids + plain_ids, threads[0] if threads else "", card_ids=entities)

    def end_unused(self, text: str, close: Callable[[str], None]) -> None:
        """End with this text the cards that an earlier attempt needed, and this one doesn't."""
        while self.has_more:
            self.add()
            try:
                close(text)
            except (FeishuError, LeaseLost) as exc:
                logger.info("unused card left as it is", error=str(exc))

    def end_unfinished(self, text: str, close: Callable[[str], None]) -> None:
        """End the open card with this text: it must not look as if there were more to come."""
        if not (self._cards and (self.last.message_id or self.last.is_entity)):
            return
        try:
            close(text)
        except FeishuError as exc:
            logger.info("card takes no end", error=str(exc))
            with contextlib.suppress(FeishuError):
                self.last.overwrite(text)

    def settle(self) -> None:
        """See that no card is left in streaming mode."""
        for card in self._cards:
            try:
                card.settle()
            except (FeishuError, Abandoned) as exc:
                logger.info("card not settled", error=str(exc))
