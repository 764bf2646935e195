"""What can be pressed under an answer, and /retry."""

from __future__ import annotations

from dataclasses import dataclass

from feishu_bot.core.answering.file_sender import once
from feishu_bot.core.card_actions import CardClick, ClickResponse, toast
from feishu_bot.core.cards import Card, Option, Paragraph, Select, Text
from feishu_bot.core.chat_model import ModelCatalog
from feishu_bot.core.commands.model import MAX_MODELS
from feishu_bot.core.commands.model_search import find_model
from feishu_bot.core.commands.registry import CommandContext, CommandGroup, action, command
from feishu_bot.core.conversations import Conversations, Turn
from feishu_bot.core.messages import Sender
from feishu_bot.core.notices import Notice
from feishu_bot.core.queue.enqueue import Enqueuer
from feishu_bot.core.tasks import ContinueAnswer, Regenerate, RunCommand, SendAnswerFile, ShowMore


@dataclass(frozen=True)
class AnswerActions(CommandGroup):
    """Continue, More, the files, Regenerate, and Regenerate with another model."""

    enqueuer: Enqueuer
    conversations: Conversations
    models: ModelCatalog

    @action("continue")
    def continue_answer(self, click: CardClick) -> ClickResponse:
        """Continue an answer once, however often and by however many people it is pressed."""
        card_id = click.action.message_id
        is_new = self.enqueuer.enqueue_click(
            click, ContinueAnswer(card_id=card_id), once=f"continue:{card_id}", until_answered=True
        )
        return toast("continue_started" if is_new else "continue_known")

    @action("more")
    def show_more(self, click: CardClick) -> ClickResponse:
        """Show more of a long answer, once for each card, however often it is pressed.

        It waits for the end of what goes on in the conversation, so the answer is stored by then.
        """
        card_id = click.action.message_id
        is_new = self.enqueuer.enqueue_click(
            click,
            ShowMore(card_id=card_id, position=click.value("position")),
            once=f"more:{card_id}",
            until_answered=True,
        )
        return toast("more_started" if is_new else "more_known")

    @action("file")
    def send_file(self, click: CardClick) -> ClickResponse:
        """Send a file of the answer, once, whichever of its cards is pressed and how often."""
        card_id, what = click.action.message_id, click.value("what")
        turn = self.conversations.turn_of(card_id)
        # An answer that has just landed is stored in a moment: then its card is the last one.
        answer_id = turn.rated_id if turn else card_id
        is_new = self.enqueuer.enqueue_click(
            click,
            SendAnswerFile(answer_id=answer_id, what=what),
            once=once(answer_id, what),
            until_answered=True,
        )
        return toast("file_started" if is_new else "file_known")

    @action("regenerate", "option")
    def regenerate(self, click: CardClick) -> ClickResponse:
        """Answer the card's question once more: once with each model, however often pressed."""
        card = click.value("card") or click.action.message_id
        model = click.value("option")
        turn = self.conversations.turn_of(card)
        if turn is None or not is_turn_here(self.conversations, click, turn):
            return toast("conversation_unknown", "warning")
        if not can_regenerate(turn, click.action.operator, click.is_admin):
            return toast("regenerate_not_yours", "warning")
        if model and not self.models.allows(model):
            return toast("retry_model_unknown", "warning", model=model)
        is_new = self.enqueuer.enqueue_click(
            click,
            Regenerate(answer_id=card, model=model),
            once=f"regenerate:{card}:{model}",
            until_answered=True,
            reply_to=turn.question_id,
        )
        started = toast("regenerate_started" if is_new else "regenerate_known")
        if not model:
            return started
        blocks = (Paragraph(Text("other_model_chosen", {"model": model})),)
        title = Text("other_model_title")
        return started.with_card(Card(title=title, icon="🔀", colour="green", blocks=blocks))

    @action("other_model")
    def ask_for_model(self, click: CardClick) -> ClickResponse:
        """Show the models later: asking for them takes longer than a click may."""
        turn = self.conversations.turn_of(click.action.message_id)
        if turn is None:
            return toast("conversation_unknown", "warning")
        if not can_regenerate(turn, click.action.operator, click.is_admin):
            return toast("regenerate_not_yours", "warning")
        self.enqueuer.enqueue_click(click, RunCommand(name="retry", data={"choose": "yes"}))
        return toast("other_model_started")

    @command("retry", "/retry", "重试", "/重试", targets_latest=True)
    def retry(self, context: CommandContext) -> Regenerate | Notice | Card:
        """Answer a question once more, with the model that is named."""
        turn = target_turn(self.conversations, context)
        if turn is None:
            return Notice("retry_unknown")
        if not can_regenerate(turn, context.sender, context.is_admin):
            return Notice("retry_not_yours")
        if context.data.get("choose"):
            return self._choice(turn, context.task.target.message_id)
        wanted = context.argument
        model = find_model(wanted, self.models) if wanted else ""
        if wanted and not model:
            return Notice("retry_model_unknown", {"model": wanted})
        return Regenerate(answer_id=turn.reference, model=model)

    def _choice(self, turn: Turn, card: str) -> Card | Notice:
        others = [model for model in self.models.offered() if model != turn.model]
        if not others:
            return Notice("other_model_none", {"model": turn.model})
        options = (Option(model, model) for model in others[:MAX_MODELS])
        select = Select.of(Text("other_model_choose"), "regenerate", options, card=card)
        ask = Paragraph(Text("other_model_ask", {"model": turn.model}))
        return Card(title=Text("other_model_title"), icon="🔀", blocks=(ask, select))


def target_turn(conversations: Conversations, context: CommandContext) -> Turn | None:
    """The turn that the message replies to, else the newest one of the conversation."""
    replied_to = context.task.branch_point
    if replied_to:
        turn = conversations.turn_of(replied_to)
        if turn is not None:
            return turn
    turns = conversations.load(context.key).turns
    return turns[-1] if turns else None


def is_turn_here(conversations: Conversations, click: CardClick, turn: Turn) -> bool:
    """Whether a turn that a button names is one of its card's conversation: it may be forged."""
    if turn.answer_ids:
        return conversations.key_of(turn.reference) == click.key
    return any(one.id == turn.id for one in conversations.tree(click.key, whole=True))


def can_regenerate(turn: Turn, who: Sender, is_admin: bool) -> bool:
    """The asker and admins; anyone where it isn't known who asked."""
    return is_admin or turn.asker in ("", *who.ids)
