"""The button that has a missed message answered after all."""

from __future__ import annotations

from dataclasses import dataclass

from feishu_bot.core.card_actions import CardClick, ClickResponse, toast
from feishu_bot.core.commands.registry import CommandGroup, action
from feishu_bot.core.missed_messages import unpacked
from feishu_bot.core.queue.enqueue import Enqueuer
from feishu_bot.core.tasks import AskQuestion


@dataclass(frozen=True)
class MissedActions(CommandGroup):
    """A missed question is asked as it would have been, once."""

    enqueuer: Enqueuer

    @action("answer_missed")
    def answer(self, click: CardClick) -> ClickResponse:
        """Ask it, for who wrote it, or an admin."""
        message = unpacked(click.value("message"))
        if message is None or message.chat_id != click.key.chat_id:
            return toast("action_unknown", "warning")
        is_own = bool(set(message.sender.ids) & set(click.action.operator.ids))
        if not is_own and not click.is_admin:
            return toast("missed_not_yours", "warning")
        is_new = self.enqueuer.enqueue_click(
            click,
            AskQuestion(text=message.text, message=message),
            once=f"missed:{message.message_id}",
            until_answered=True,
            reply_to=message.message_id,
        )
        return toast("missed_started" if is_new else "asked_before")
