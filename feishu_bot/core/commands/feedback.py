"""👍 and 👎 under an answer, and what could be better."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from feishu_bot.core.card_actions import CardClick, ClickResponse, toast
from feishu_bot.core.cards import Button, Card, Form, Input, Paragraph, Text
from feishu_bot.core.commands.registry import Command, CommandContext
from feishu_bot.core.commands.targets import target_turn
from feishu_bot.core.conversations import Conversations
from feishu_bot.core.feedback import FeedbackStore as Verdicts
from feishu_bot.core.feedback import Verdict
from feishu_bot.core.notices import Notice
from feishu_bot.core.queue.enqueue import Enqueuer

COMMENT_CHARS = 1_000


class FeedbackCommands:
    """A verdict counts with the press. The form that follows a 👎 may stay empty."""

    def __init__(
        self, verdicts: Verdicts, conversations: Conversations, enqueuer: Enqueuer
    ) -> None:
        self._verdicts = verdicts
        self._conversations = conversations
        self._enqueuer = enqueuer

    @property
    def commands(self) -> tuple[Command, ...]:
        words = ("/feedback", "反馈", "/反馈")
        return (Command(name="feedback", words=words, run=self.ask, targets_latest=True),)

    @property
    def actions(self) -> Mapping[str, Callable[[CardClick], ClickResponse]]:
        return {"rate": self.rate, "comment": self.comment}

    def rate(self, click: CardClick) -> ClickResponse:
        card, person = click.action.message_id, click.action.operator.open_id
        verdict: Verdict = "down" if click.value("verdict") == "down" else "up"
        self._verdicts.save(card, person, verdict)
        if verdict == "up":
            return toast("rated_up", severity="success")
        self._enqueuer.put(click, "command", "/feedback", once=f"comment:{card}:{person}")
        return toast("rated_down")

    def ask(self, request: CommandContext) -> Card | Notice:
        turn = target_turn(self._conversations, request)
        if turn is None or not turn.answer_ids:
            return Notice("feedback_unknown")
        card = turn.answer_ids[-1]
        if request.argument:
            comment = request.argument[:COMMENT_CHARS]
            self._verdicts.save(card, request.message.sender.open_id, "down", comment)
            return _thanks()
        field = Input(
            name="comment",
            label=Text("feedback_label"),
            placeholder=Text("feedback_example"),
            is_long=True,
            most=COMMENT_CHARS,
        )
        submit = Button(
            label=Text("button_feedback"), value={"act": "comment", "of": card}, style="primary"
        )
        return Card(
            title=Text("feedback_title"),
            icon="📝",
            blocks=(Form(name="feedback", fields=(field,), submit=submit),),
        )

    def comment(self, click: CardClick) -> ClickResponse:
        comment = click.value("comment").strip()[:COMMENT_CHARS]
        if not comment:
            return toast("feedback_nothing", severity="warning")
        person = click.action.operator.open_id
        self._verdicts.save(click.value("of"), person, "down", comment)
        return ClickResponse(
            toast=toast("feedback_thanks", severity="success").toast, view=_thanks()
        )


def _thanks() -> Card:
    thanks = Paragraph(Text("feedback_kept"))
    return Card(title=Text("feedback_title"), icon="📝", colour="green", blocks=(thanks,))
