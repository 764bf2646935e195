"""What can be pressed under an answer, and /retry."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from feishu_bot.core.clicks import Click, Clicked, Later, told
from feishu_bot.core.commands.meant import may_repeat, turn_meant
from feishu_bot.core.commands.registry import Again, Command, Request
from feishu_bot.core.models import Notice, Turn
from feishu_bot.core.ports import Conversations, Models
from feishu_bot.core.views import Option, Paragraph, Say, Select, View
from feishu_bot.errors import ModelError

# More than anybody reads through, and no more than a card holds.
MODELS_SHOWN = 60


class Answering:
    """Continue, Regenerate, and Regenerate with another model."""

    def __init__(
        self,
        later: Later,
        continue_prompt: str,
        conversations: Conversations,
        models: Models,
    ) -> None:
        self._later = later
        self._continue_prompt = continue_prompt
        self._conversations = conversations
        self._models = models

    @property
    def commands(self) -> tuple[Command, ...]:
        words = ("/retry", "重试", "/重试")
        return (Command(name="retry", words=words, run=self.retry, about_newest=True),)

    @property
    def actions(self) -> Mapping[str, Callable[[Click], Clicked]]:
        return {
            "continue": self.go_on,
            "regenerate": self.regenerate,
            "other_model": self.ask_for_model,
        }

    def go_on(self, click: Click) -> Clicked:
        """One answer goes on once, however often and by however many people it is pressed."""
        once = f"continue:{click.action.message_id}"
        is_new = self._later.put(
            click, "continue", self._continue_prompt, once=once, until_answered=True
        )
        return told("continue_started" if is_new else "continue_known")

    def regenerate(self, click: Click) -> Clicked:
        """Answer the card's question once more: once with each model, however often pressed."""
        card = click.value("card") or click.action.message_id
        model = click.value("option")
        turn = self._conversations.turn_of(card)
        if turn is None:
            return told("conversation_unknown", gravity="warning")
        if not may_repeat(turn, click.action.operator, click.is_admin):
            return told("regenerate_not_yours", gravity="warning")
        if model and not self._models.allows(model):
            return told("retry_model_unknown", gravity="warning", model=model)
        is_new = self._later.put(
            click,
            "regenerate",
            "",
            once=f"regenerate:{card}:{model}",
            until_answered=True,
            action={"card": card, "model": model},
            reply_to=turn.question_id,
        )
        started = told("regenerate_started" if is_new else "regenerate_known").toast
        if not model:
            return Clicked(toast=started)
        chosen = Paragraph(Say("other_model_chosen", {"model": model}))
        view = View(title=Say("other_model_title"), icon="🔀", colour="green", blocks=(chosen,))
        return Clicked(toast=started, view=view)

    def ask_for_model(self, click: Click) -> Clicked:
        """The models have to be asked for, which takes longer than a click may."""
        turn = self._conversations.turn_of(click.action.message_id)
        if turn is None:
            return told("conversation_unknown", gravity="warning")
        if not may_repeat(turn, click.action.operator, click.is_admin):
            return told("regenerate_not_yours", gravity="warning")
        self._later.put(click, "command", "/retry", action={"choose": True})
        return told("other_model_started")

    def retry(self, request: Request) -> Again | Notice | View:
        turn = turn_meant(self._conversations, request)
        if turn is None:
            return Notice("retry_unknown")
        if not may_repeat(turn, request.message.sender, request.is_admin):
            return Notice("retry_not_yours")
        if request.message.action.get("choose"):
            return self._choice(turn, request.message.parent_id)
        return self._again_by(turn, request.argument) if request.argument else Again(turn)

    def _again_by(self, turn: Turn, wanted: str) -> Again | Notice:
        """Again with the model of that name, in whatever letter case."""
        try:
            offered = self._models.offered()
        except ModelError as exc:
            return Notice(exc.kind, {"request_id": exc.request_id})
        found = [name for name in offered if name.casefold() == wanted.casefold()]
        if not found:
            return Notice("retry_model_unknown", {"model": wanted})
        return Again(turn, wanted if wanted in found else found[0])

    def _choice(self, turn: Turn, card: str) -> View | Notice:
        try:
            models = self._models.offered()
        except ModelError as exc:
            return Notice(exc.kind, {"request_id": exc.request_id})
        others = [model for model in models if model != turn.model]
        if not others:
            return Notice("other_model_none")
        select = Select(
            options=tuple(Option(model, model) for model in others[:MODELS_SHOWN]),
            placeholder=Say("other_model_choose"),
            value={"act": "regenerate", "card": card},
        )
        return View(
            title=Say("other_model_title"),
            icon="🔀",
            blocks=(Paragraph(Say("other_model_ask", {"model": turn.model})), select),
        )
