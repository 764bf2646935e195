"""The button that resumes a conversation that has expired."""

from __future__ import annotations

from dataclasses import dataclass

from feishu_bot.core.card_actions import CardClick, ClickResponse, toast
from feishu_bot.core.commands.regenerate import can_regenerate
from feishu_bot.core.commands.registry import CommandGroup, action
from feishu_bot.core.conversations import Conversations
from feishu_bot.core.queue.enqueue import Enqueuer
from feishu_bot.core.tasks import Regenerate
from feishu_bot.core.text import whole_number


@dataclass(frozen=True)
class ResumeActions(CommandGroup):
    """What is said next goes on from the earlier turns; so does the question just asked."""

    enqueuer: Enqueuer
    conversations: Conversations

    @action("resume")
    def resume(self, click: CardClick) -> ClickResponse:
        """Resume at the button's turn, and answer the card's question once more from there.

        Not when something else was said since, nor for somebody else than who asked.
        """
        card, chosen = click.action.message_id, click.value("turn")
        asked = self.conversations.turn_of(card)
        if asked is None:
            return toast("conversation_unknown", "warning")
        path = self.conversations.load(click.key).turns
        if any(str(turn.id) == chosen for turn in path):
            return toast("resume_known")
        turn_id = whole_number(chosen)
        if turn_id is None or not self.conversations.go_on_from(click.key, turn_id):
            return toast("resume_gone", "warning")
        is_newest = bool(path) and path[-1].id == asked.id
        if not is_newest or not can_regenerate(asked, click.action.operator, click.is_admin):
            return toast("resumed", "success")
        self.enqueuer.enqueue_click(
            click,
            Regenerate(answer_id=card, at_head=True),
            once=f"resume:{card}",
            until_answered=True,
            reply_to=asked.question_id,
        )
        return toast("resume_again", "success")
