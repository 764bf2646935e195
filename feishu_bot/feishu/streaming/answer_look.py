"""The look of one answer: its languages, its Stop button, and whether it streams."""

from __future__ import annotations

from dataclasses import dataclass

from feishu_bot.content.catalog import Catalog
from feishu_bot.core.messenger import FinalAnswer
from feishu_bot.feishu.cards.answer import answer_card
from feishu_bot.feishu.cards.elements import CardJson


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerLook:
    """`others` are the texts of further languages, for a card that many read.

    `stop` names the answer that its Stop button stops. Without `streaming` only the end is shown.
    """

    texts: Catalog
    others: tuple[Catalog, ...] = ()
    stop: str
    streaming: bool

    def card(
        self,
        text: str,
        reasoning: str,
        *,
        part: int,
        streaming: bool = False,
        ending: FinalAnswer | None = None,
    ) -> CardJson:
        """The `part`th card: while its text grows, when it is full, or with the `ending`."""
        ending = ending or FinalAnswer(text=text)
        return answer_card(
            self.texts,
            text=text,
            reasoning=reasoning,
            streaming=streaming,
            notice=ending.notice,
            footer=ending.footer,
            can_continue=ending.can_continue,
            can_regenerate=ending.can_regenerate,
            stop=self.stop,
            part=part,
            others=self.others,
        )
