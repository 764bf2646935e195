"""What a question is expected to take, before the model is asked."""

from __future__ import annotations

from dataclasses import dataclass

from feishu_bot.core.answering.prompt import estimate_tokens
from feishu_bot.core.answering.question import Question
from feishu_bot.core.chat_model import ModelCatalog
from feishu_bot.core.limits import Spending
from feishu_bot.core.picture_model import PictureModel
from feishu_bot.core.usage import Prices
from feishu_bot.errors import ModelError

# A page; what longer answers take beyond it is only known when they are there.
ANSWER_TOKENS = 800


@dataclass(frozen=True)
class Expectation:
    """At most `context_tokens` of a conversation are shown to the model."""

    models: ModelCatalog
    drawer: PictureModel
    prices: Prices
    context_tokens: int

    def of(self, question: Question) -> Spending:
        """The conversation and the question as a prompt, and an answer of ordinary length.

        Of a drawing one picture; it has no tokens before it is there.
        """
        if question.drawing is not None:
            return Spending(questions=1, cost=self._cost_of_picture())
        conversation = question.conversation
        before = sum(
            estimate_tokens(turn.question) + estimate_tokens(turn.answer)
            for turn in conversation.turns
            if turn.answer
        )
        prompt = min(before, self.context_tokens) + estimate_tokens(question.text)
        model = self.model_of(conversation.model)
        return Spending(
            questions=1,
            tokens=prompt + ANSWER_TOKENS,
            cost=self.prices.cost(model, prompt, ANSWER_TOKENS),
        )

    def _cost_of_picture(self) -> float:
        try:
            return self.prices.picture_cost(self.drawer.model(), 1)
        except ModelError:
            # There is no model: that is told when it is asked to draw.
            return 0.0

    def model_of(self, name: str) -> str:
        """The model of this name; the bot's own for none."""
        try:
            return name or self.models.default()
        except ModelError:
            return ""
