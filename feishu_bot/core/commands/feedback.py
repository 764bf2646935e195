"""👍 and 👎 under an answer, and what could be better."""

from __future__ import annotations

from dataclasses import dataclass

from feishu_bot.core.card_actions import CardClick, ClickResponse, toast
from feishu_bot.core.cards import Button, Card, Form, Input, Paragraph, Text
from feishu_bot.core.commands.regenerate import target_turn
from feishu_bot.core.commands.registry import CommandContext, CommandGroup, action, command
from feishu_bot.core.conversations import Conversations
from feishu_bot.core.feedback import FeedbackStore as Verdicts
from feishu_bot.core.feedback import Verdict
from feishu_bot.core.notices import Notice
from feishu_bot.core.queue.enqueue import Enqueuer
from feishu_bot.core.tasks import RunCommand

COMMENT_CHARS = 1_000


@dataclass(frozen=True)
class FeedbackCommands(CommandGroup):
    """A verdict counts with the press. The form that follows a 👎 may stay empty."""

    verdicts: Verdicts
    conversations: Conversations
    enqueuer: Enqueuer

    @action("rate")
    def rate(self, click: CardClick) -> ClickResponse:
        """Keep the verdict; after a 👎 the form follows, once."""
        card, person = click.action.message_id, click.action.operator.open_id
        verdict: Verdict = "down" if click.value("verdict") == "down" else "up"
        self.verdicts.save(card, person, verdict)
        if verdict == "up":
            return toast("rated_up", "success")
        self.enqueuer.enqueue_click(
            click, RunCommand(name="feedback"), once=f"comment:{card}:{person}"
        )
        return toast("rated_down")

    @command("feedback", "/feedback", "反馈", "/反馈", targets_latest=True)
    def ask(self, context: CommandContext) -> Card | Notice:
        """Keep the comment after the command; without one, show the form."""
        turn = target_turn(self.conversations, context)
        if turn is None or not turn.answer_ids:
            return Notice("feedback_unknown")
        card = turn.answer_ids[-1]
        if context.argument:
            comment = context.argument[:COMMENT_CHARS]
            self.verdicts.save(card, context.sender.open_id, "down", comment)
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

    @action("comment")
    def comment(self, click: CardClick) -> ClickResponse:
        """Keep what was written into the form."""
        comment = click.value("comment").strip()[:COMMENT_CHARS]
        if not comment:
            return toast("feedback_nothing", "warning")
        person = click.action.operator.open_id
        self.verdicts.save(click.value("of"), person, "down", comment)
        return toast("feedback_thanks", "success").with_card(_thanks())


def _thanks() -> Card:
    thanks = Paragraph(Text("feedback_kept"))
    return Card(title=Text("feedback_title"), icon="📝", colour="green", blocks=(thanks,))
