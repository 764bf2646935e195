"""/edit and its forms: an earlier question in other words, in place of what was asked before."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from feishu_bot.core.answering.question_context import without_context
from feishu_bot.core.card_actions import CardClick, ClickResponse, toast
from feishu_bot.core.cards import Button, Card, Form, Input, Paragraph, Text
from feishu_bot.core.commands.regenerate import can_regenerate, is_turn_here
from feishu_bot.core.commands.registry import CommandContext, CommandGroup, action, command
from feishu_bot.core.commands.reload import continued_by
from feishu_bot.core.commands.spelling import has_slash
from feishu_bot.core.conversations import Conversations, Turn
from feishu_bot.core.languages import Language
from feishu_bot.core.notices import Notice
from feishu_bot.core.queue.enqueue import Enqueuer
from feishu_bot.core.tasks import AskQuestion, Regenerate, RunCommand
from feishu_bot.core.text import shorten

# "Input": what a text field takes.
MAX_CHARS = 1_000
SHOWN_CHARS = 200


@dataclass(frozen=True)
class EditCommands(CommandGroup):
    """The answer becomes a branch beside the old one. Only the asker and admins edit."""

    conversations: Conversations
    enqueuer: Enqueuer
    words: Mapping[Language, Callable[..., str]]

    @command("edit", "/edit", "改：", "/改", "edit:", "修改：", targets_latest=True)
    def edit(self, context: CommandContext) -> Regenerate | AskQuestion | Notice | Card:
        """Answer the question as it is written now; without a text, show a form to change it."""
        message = context.task.message
        turn = self._turn(context)
        if turn is None:
            if message and not has_slash(message.text):
                # Somebody else's words are quoted, to be changed by the model.
                return AskQuestion(text=message.text.strip(), message=message)
            return Notice("edit_unknown")
        if not can_regenerate(turn, context.sender, context.is_admin):
            return Notice("edit_not_yours")
        if context.argument:
            return Regenerate(answer_id=turn.reference, text=context.argument)
        question = without_context(turn.question)
        if question in continued_by(self.words):
            question = ""  # nobody has written that
        if len(question) > MAX_CHARS:
            return Notice("edit_too_long", {"most": str(MAX_CHARS)})
        return _form(turn, question)

    @action("edit_question")
    def ask(self, click: CardClick) -> ClickResponse:
        """Show the form under the answer, which stays as it is."""
        turn = self.conversations.turn_of(click.action.message_id)
        if turn is None:
            return toast("conversation_unknown", "warning")
        if not can_regenerate(turn, click.action.operator, click.is_admin):
            return toast("edit_not_yours", "warning")
        self.enqueuer.enqueue_click(click, RunCommand(name="edit"))
        return toast("edit_started")

    @action("edit_ask", "text")
    def answer(self, click: CardClick) -> ClickResponse:
        """Answer what was written into the form."""
        reference, text = click.value("question"), click.value("text").strip()[:MAX_CHARS]
        turn = self.conversations.turn_of(reference)
        if turn is None or not is_turn_here(self.conversations, click, turn):
            return toast("conversation_unknown", "warning")
        if not can_regenerate(turn, click.action.operator, click.is_admin):
            return toast("edit_not_yours", "warning")
        if not text:
            return toast("empty_question", "warning")
        is_new = self.enqueuer.enqueue_click(
            click,
            Regenerate(answer_id=reference, text=text),
            once=f"edit:{click.action.message_id}",
            until_answered=True,
            reply_to=turn.question_id,
        )
        if not is_new:
            return toast("regenerate_known")
        return toast("regenerate_started").with_card(_asked(text))

    @action("answer_edited")
    def answer_edited(self, click: CardClick) -> ClickResponse:
        """Answer a question as it was edited, in place of what it said before."""
        question, text = click.value("question"), click.value("text")
        turn = self.conversations.turn_of(question)
        if turn and not is_turn_here(self.conversations, click, turn):
            return toast("conversation_unknown", "warning")
        if turn and not can_regenerate(turn, click.action.operator, click.is_admin):
            return toast("regenerate_not_yours", "warning")
        is_new = self.enqueuer.enqueue_click(
            click,
            Regenerate(answer_id=question, text=text),
            once=f"edited:{click.action.message_id}",
            until_answered=True,
            reply_to=question,
        )
        return toast("regenerate_started" if is_new else "regenerate_known")

    def _turn(self, context: CommandContext) -> Turn | None:
        """The turn that the message replies to, else the newest one of who asks."""
        message = context.task.message
        replied_to = context.task.branch_point
        if message and message.parent_id != message.root_id:
            # In a thread, a reply to the message that opened it is written by no one on purpose.
            replied_to = message.parent_id
        turn = self.conversations.turn_of(replied_to) if replied_to else None
        if turn is not None:
            return turn
        turns = self.conversations.load(context.key).turns
        own = (t for t in reversed(turns) if can_regenerate(t, context.sender, context.is_admin))
        return next(own, turns[-1] if turns else None)


def _form(turn: Turn, question: str) -> Card:
    field = Input(
        name="text",
        label=Text("edit_label"),
        placeholder=Text("edit_example"),
        text=question,
        is_long=True,
        most=MAX_CHARS,
    )
    submit = Button.of(
        Text("button_edit_ask"), "edit_ask", style="primary", question=turn.reference
    )
    hint = Paragraph(Text("edit_hint"), is_small=True)
    form = Form(name="edit", fields=(field,), submit=submit)
    return Card(title=Text("edit_title"), icon="✏️", blocks=(form, hint))


def _asked(text: str) -> Card:
    shown = Paragraph(shorten(text, SHOWN_CHARS))
    return Card(title=Text("edit_done"), icon="✏️", colour="green", blocks=(shown,))
