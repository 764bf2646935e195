"""What can be pressed under an answer, and /retry."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from feishu_bot.core.card_actions import CardClick, ClickResponse, toast
from feishu_bot.core.cards import Card, Option, Paragraph, Select, Text
from feishu_bot.core.chat_model import ModelCatalog
from feishu_bot.core.commands.registry import Command, CommandContext
from feishu_bot.core.commands.targets import can_regenerate, target_turn
from feishu_bot.core.conversations import Conversations, Turn
from feishu_bot.core.notices import Notice
from feishu_bot.core.queue.enqueue import Enqueuer
from feishu_bot.core.tasks import Regenerate
from feishu_bot.errors import ModelError

# More than anybody reads through, and no more than a card holds.
MAX_MODELS = 60


class AnswerActions:
    """Continue, Regenerate, and Regenerate with another model."""

    def __init__(
        self,
        enqueuer: Enqueuer,
        continue_prompt: str,
        conversations: Conversations,
        models: ModelCatalog,
    ) -> None:
        self._enqueuer = enqueuer
        self._continue_prompt = continue_prompt
        self._conversations = conversations
        self._models = models

    @property
    def commands(self) -> tuple[Command, ...]:
        words = ("/retry", "重试", "/重试")
        return (Command(name="retry", words=words, run=self.retry, targets_latest=True),)

    @property
    def actions(self) -> Mapping[str, Callable[[CardClick], ClickResponse]]:
        return {
            "continue": self.go_on,
            "regenerate": self.regenerate,
            "other_model": self.ask_for_model,
        }

    def go_on(self, click: CardClick) -> ClickResponse:
        """One answer goes on once, however often and by however many people it is pressed."""
        once = f"continue:{click.action.message_id}"
        is_new = self._enqueuer.put(
            click, "continue", self._continue_prompt, once=once, until_answered=True
        )
        return toast("continue_started" if is_new else "continue_known")

    def regenerate(self, click: CardClick) -> ClickResponse:
        """Answer the card's question once more: once with each model, however often pressed."""
        card = click.value("card") or click.action.message_id
        model = click.value("option")
        turn = self._conversations.turn_of(card)
        if turn is None:
            return toast("conversation_unknown", severity="warning")
        if not can_regenerate(turn, click.action.operator, click.is_admin):
            return toast("regenerate_not_yours", severity="warning")
        if model and not self._models.allows(model):
            return toast("retry_model_unknown", severity="warning", model=model)
        is_new = self._enqueuer.put(
            click,
            "regenerate",
            "",
            once=f"regenerate:{card}:{model}",
            until_answered=True,
            action={"card": card, "model": model},
            reply_to=turn.question_id,
        )
        started = toast("regenerate_started" if is_new else "regenerate_known").toast
        if not model:
            return ClickResponse(toast=started)
        chosen = Paragraph(Text("other_model_chosen", {"model": model}))
        view = Card(title=Text("other_model_title"), icon="🔀", colour="green", blocks=(chosen,))
        return ClickResponse(toast=started, view=view)

    def ask_for_model(self, click: CardClick) -> ClickResponse:
        """The models have to be asked for, which takes longer than a click may."""
        turn = self._conversations.turn_of(click.action.message_id)
        if turn is None:
            return toast("conversation_unknown", severity="warning")
        if not can_regenerate(turn, click.action.operator, click.is_admin):
            return toast("regenerate_not_yours", severity="warning")
        self._enqueuer.put(click, "command", "/retry", action={"choose": True})
        return toast("other_model_started")

    def retry(self, request: CommandContext) -> Regenerate | Notice | Card:
        turn = target_turn(self._conversations, request)
        if turn is None:
            return Notice("retry_unknown")
        if not can_regenerate(turn, request.message.sender, request.is_admin):
            return Notice("retry_not_yours")
        if request.message.action.get("choose"):
            return self._choice(turn, request.message.parent_id)
        return self._again_by(turn, request.argument) if request.argument else Regenerate(turn)

    def _again_by(self, turn: Turn, wanted: str) -> Regenerate | Notice:
        """Again with the model of that name, in whatever letter case."""
        try:
            offered = self._models.offered()
        except ModelError as exc:
            return Notice(exc.kind, {"request_id": exc.request_id})
        found = [name for name in offered if name.casefold() == wanted.casefold()]
        if not found:
            return Notice("retry_model_unknown", {"model": wanted})
        return Regenerate(turn, wanted if wanted in found else found[0])

    def _choice(self, turn: Turn, card: str) -> Card | Notice:
        try:
            models = self._models.offered()
        except ModelError as exc:
            return Notice(exc.kind, {"request_id": exc.request_id})
        others = [model for model in models if model != turn.model]
        if not others:
            return Notice("other_model_none")
        select = Select(
            options=tuple(Option(model, model) for model in others[:MAX_MODELS]),
            placeholder=Text("other_model_choose"),
            value={"act": "regenerate", "card": card},
        )
        return Card(
            title=Text("other_model_title"),
            icon="🔀",
            blocks=(Paragraph(Text("other_model_ask", {"model": turn.model})), select),
        )
