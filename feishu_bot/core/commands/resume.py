"""The button that takes up a talk that ended by itself."""

from __future__ import annotations

from dataclasses import dataclass

from feishu_bot.core.card_actions import CardClick, ClickResponse, toast
from feishu_bot.core.commands.regenerate import can_regenerate
from feishu_bot.core.commands.registry import CommandGroup, action
from feishu_bot.core.conversations import Conversations
from feishu_bot.core.queue.enqueue import Enqueuer
from feishu_bot.core.tasks import Regenerate

# The digits of the greatest id that a database gives.
_ID_CHARS = 19


@dataclass(frozen=True)
class ResumeActions(CommandGroup):
    """What is said next goes on from the earlier talk; so does the question that was just asked."""

    enqueuer: Enqueuer
    conversations: Conversations

    @action("resume")
    def resume(self, click: CardClick) -> ClickResponse:
        """Take the earlier talk up, and answer the card's question once more as part of it.

        Not when something else was said since, nor for somebody else than who asked.
        """
        card, chosen = click.action.message_id, click.value("turn")
        asked = self.conversations.turn_of(card)
        if asked is None:
            return toast("conversation_unknown", "warning")
        path = self.conversations.load(click.key).turns
        if any(str(turn.id) == chosen for turn in path):
            return toast("resume_known")
        is_id = chosen.isdecimal() and len(chosen) <= _ID_CHARS
        if not is_id or not self.conversations.go_on_from(click.key, int(chosen)):
            return toast("resume_gone", "warning")
        is_newest = bool(path) and path[-1].id == asked.id
        if not is_newest or not can_regenerate(asked, click.action.operator, click.is_admin):
            return toast("resumed", "success")
        self.enqueuer.enqueue_click(
            click,
            Regenerate(answer_id=card, resumes=True),
            once=f"resume:{card}",
            until_answered=True,
            reply_to=asked.question_id,
        )
        return toast("resume_again", "success")
