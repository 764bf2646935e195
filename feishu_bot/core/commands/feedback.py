"""👍 and 👎 under an answer, and what could be better."""

from __future__ import annotations

from dataclasses import dataclass

from feishu_bot.core.background.answer_edits import AnswerEdits
from feishu_bot.core.card_actions import CardClick, ClickResponse, toast
from feishu_bot.core.cards import Button, Card, Form, Input, Paragraph, Text
from feishu_bot.core.commands.feedback_report import FeedbackReport
from feishu_bot.core.commands.regenerate import target_turn
from feishu_bot.core.commands.registry import CommandContext, CommandGroup, action, command
from feishu_bot.core.conversations import Conversations, Turn
from feishu_bot.core.feedback import FeedbackStore as Verdicts
from feishu_bot.core.feedback import RatedAnswer, Verdict
from feishu_bot.core.messenger import File
from feishu_bot.core.notices import Notice
from feishu_bot.core.people import pseudonym
from feishu_bot.core.queue.enqueue import Enqueuer
from feishu_bot.core.tasks import RunCommand

COMMENT_CHARS = 1_000


@dataclass(frozen=True)
class FeedbackCommands(CommandGroup):
    """A verdict counts with the press. The form that follows a 👎 may stay empty."""

    verdicts: Verdicts
    conversations: Conversations
    enqueuer: Enqueuer
    answer_edits: AnswerEdits
    report: FeedbackReport

    @action("rate")
    def rate(self, click: CardClick) -> ClickResponse:
        """Keep the verdict, or take it back; after a 👎 the form follows, once."""
        card, person = click.action.message_id, click.action.operator.open_id
        verdict: Verdict = "down" if click.value("verdict") == "down" else "up"
        answer = self._answer(card)
        holds = self.verdicts.toggle(answer, person, verdict)
        self.answer_edits.mark_ratings(click, card, answer.message_id)
        if not holds:
            return toast("rating_taken_back")
        if verdict == "up":
            return toast("rated_up", "success")
        self.enqueuer.enqueue_click(
            click,
            RunCommand(name="feedback"),
            once=f"comment:{answer.message_id}:{pseudonym(person)}",
        )
        return toast("rated_down")

    @command("feedback", "/feedback", "反馈", "/反馈", targets_latest=True)
    def ask(self, context: CommandContext) -> Card | Notice | File:
        """Keep the comment after the command; without one, show the form.

        To an admin in private who means no certain answer, show what people think of all.
        """
        is_about_answer = context.argument or context.task.branch_point
        if context.is_admin and context.chat_type == "p2p":
            if context.data.get("export"):
                return self.report.file(context.language, context.data.get("days", ""))
            if not is_about_answer:
                return self.report.card()
        turn = target_turn(self.conversations, context)
        if turn is None or not turn.answer_ids:
            return Notice("feedback_unknown")
        card = turn.rated_id
        if context.argument:
            comment = context.argument[:COMMENT_CHARS]
            self.verdicts.save(_rated(card, turn), context.sender.open_id, "down", comment)
            return _thanks()
        field = Input(
            name="comment",
            label=Text("feedback_label"),
            placeholder=Text("feedback_example"),
            is_long=True,
            most=COMMENT_CHARS,
        )
        submit = Button.of(Text("button_feedback"), "comment", style="primary", of=card)
        form = Form(name="feedback", fields=(field,), submit=submit)
        return Card(title=Text("feedback_title"), icon="📝", blocks=(form,))

    @action("comment", "comment")
    def comment(self, click: CardClick) -> ClickResponse:
        """Keep what was written into the form."""
        comment = click.value("comment").strip()[:COMMENT_CHARS]
        if not comment:
            return toast("feedback_nothing", "warning")
        card = click.value("of")
        if self.conversations.key_of(card) != click.key:
            return toast("conversation_unknown", "warning")
        person = click.action.operator.open_id
        self.verdicts.save(self._answer(card), person, "down", comment)
        self.answer_edits.mark_ratings(click, card, card)
        return toast("feedback_thanks", "success").with_card(_thanks())

    @action("feedback_days", "option")
    def choose_days(self, click: CardClick) -> ClickResponse:
        """The same report over other days."""
        if not click.is_admin or click.chat_type != "p2p":
            return toast("admins_only_short", "warning")
        return ClickResponse(card=self.report.card(click.value("option")))

    @action("feedback_export")
    def export(self, click: CardClick) -> ClickResponse:
        """Send the report as a file."""
        if not click.is_admin or click.chat_type != "p2p":
            return toast("admins_only_short", "warning")
        data = {"export": "yes", "days": click.value("days")}
        self.enqueuer.enqueue_click(click, RunCommand(name="feedback", data=data))
        return toast("export_started")

    def _answer(self, card: str) -> RatedAnswer:
        return _rated(card, self.conversations.turn_of(card))


def _rated(card: str, turn: Turn | None) -> RatedAnswer:
    """The answer that a card shows a part of; without a turn where the question was recalled."""
    if turn is None:
        return RatedAnswer(message_id=card)
    return RatedAnswer(message_id=turn.rated_id, model=turn.model, question_id=turn.question_id)


def _thanks() -> Card:
    thanks = Paragraph(Text("feedback_kept"))
    return Card(title=Text("feedback_title"), icon="📝", colour="green", blocks=(thanks,))
