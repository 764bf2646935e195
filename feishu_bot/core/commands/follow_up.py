"""The questions that are suggested under an answer."""

from __future__ import annotations

from dataclasses import dataclass

from feishu_bot.core.background.follow_ups import clean_questions, digest
from feishu_bot.core.card_actions import CardClick, ClickResponse, toast
from feishu_bot.core.commands.registry import CommandGroup, action
from feishu_bot.core.people import UserDirectory
from feishu_bot.core.queue.enqueue import Enqueuer
from feishu_bot.core.tasks import AskQuestion


@dataclass(frozen=True)
class FollowUpActions(CommandGroup):
    """A pressed question is asked once, as the question of who pressed it, after this answer."""

    enqueuer: Enqueuer
    names: UserDirectory

    @action("follow_up")
    def ask(self, click: CardClick) -> ClickResponse:
        """Ask the question; the answer says whose it is, since no message does."""
        questions = clean_questions(click.value("question"))
        if len(questions) != 1:
            return toast("action_unknown", "warning")
        question = questions[0]
        who = "" if click.chat_type == "p2p" else self.names.of(click.action.operator.open_id)
        is_new = self.enqueuer.enqueue_click(
            click,
            AskQuestion(text=question),
            once=f"follow_up:{click.action.message_id}:{digest(question)}",
            until_answered=True,
            asked=f"{who}: {question}" if who else question,
        )
        return toast("follow_up_asked" if is_new else "asked_before")
