"""The card of an answer that hasn't begun: it says how many questions stand before it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from feishu_bot.core.messenger import SaveAnswer
from feishu_bot.errors import FeishuError
from feishu_bot.feishu.cards.elements import CardJson
from feishu_bot.feishu.streaming.answer_cards import AnswerCards
from feishu_bot.feishu.streaming.answer_look import AnswerLook
from feishu_bot.feishu.streaming.card_factory import CardFactory


class WaitingCard:
    """Opens the answer's first card, or brings the one of the `checkpoint` up to date.

    The answer goes on in it: what it `save`s is a checkpoint of `CardStream`.
    """

    def __init__(
        self,
        *,
        factory: CardFactory,
        look: AnswerLook,
        checkpoint: Mapping[str, Any],
        save: SaveAnswer,
    ) -> None:
        self._look = look
        self._checkpoint = checkpoint
        self._save_answer = save
        self._cards = AnswerCards(factory, checkpoint.get("cards", ()), self._save)
        self._told: int | None = None

    def show(self, ahead: int) -> None:
        """Say that so many questions stand before it. Raises FeishuError."""
        self._cards.add()
        card = self._cards.last
        text = self._look.texts("queue_ahead", questions=ahead) if ahead else ""
        text = text or self._look.texts("queue_next")
        if not card.message_id:
            self._told = ahead
            self._open(self._card(text))
        elif card.draw(
            self._look.content(text, streaming=True),
            lambda: self._card(text),
            since=math.inf,
            urgent=False,
        ):
            self._told = ahead
            self._save()

    @property
    def told(self) -> int | None:
        """What the card said last, as far as that is known."""
        told = self._checkpoint.get("ahead")
        return told if isinstance(told, int) and self._cards_are_sent() else None

    def _cards_are_sent(self) -> bool:
        cards = self._checkpoint.get("cards", ())
        return bool(cards and cards[0].get("message_id"))

    def _open(self, card: CardJson) -> None:
        while True:
            try:
                self._cards.last.open(card)
            except FeishuError as exc:
                if not self._cards.write_into_message(exc):
                    raise
            else:
                return

    def _card(self, text: str) -> CardJson:
        return self._look.card(text, "", part=1, streaming=True)

    def _save(self) -> None:
        state = {"cards": self._cards.states(), "waits": True, "ahead": self._told}
        self._save_answer(state, self._cards.sent(()))
