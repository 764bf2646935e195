"""Stopping answers that run, in whichever process."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum

from feishu_bot.core.commands.registry import CommandContext
from feishu_bot.core.conversations import ConversationKey
from feishu_bot.core.messages import Sender
from feishu_bot.core.queue.inbox import Inbox
from feishu_bot.core.tasks import QueuedTask


class CancelResult(StrEnum):
    """What became of a wish to stop."""

    DONE = "done"
    NOTHING = "nothing"
    NOT_YOURS = "not_yours"


class Cancellation:
    """The asker and admins may stop an answer. What there is of it is kept.

    `on_stop` is told the dedupe id, for the process at hand; others hear of it with the next
    renewal of their leases.
    """

    def __init__(self, inbox: Inbox) -> None:
        self._inbox = inbox
        self.on_stop: Callable[[str], None] = lambda dedupe_id: None

    def press(
        self, key: ConversationKey, reference: str, who: Sender, is_admin: bool
    ) -> CancelResult:
        """Stop the answer that `reference` (its event's dedupe id) names, if it still runs."""
        event = self._inbox.running(key)
        if event is None or event.dedupe_id != reference:
            return CancelResult.NOTHING
        return self._stop([event], who, is_admin)

    def ask(self, request: CommandContext) -> CancelResult:
        """Stop what runs in the conversation, or for the person in a chat where it is a new one."""
        message = request.message
        event = self._inbox.running(request.key)
        # A command that was pressed runs itself, and what it shall stop isn't on its card.
        events = [event] if event and event.message != message else []
        is_about_its_thread = request.is_typed and (message.parent_id or message.thread_id)
        if not (events or is_about_its_thread):
            running = self._inbox.running_of(message.sender.open_id, message.chat_id)
            events = [event for event in running if event.message != message]
        # An event that is delivered once more stops nothing that was asked for after it.
        asked_at = message.created_at
        events = [e for e in events if not asked_at or e.message.created_at <= asked_at]
        return self._stop(events, message.sender, request.is_admin)

    def _stop(self, events: list[QueuedTask], who: Sender, is_admin: bool) -> CancelResult:
        own = [e for e in events if is_admin or e.message.sender.open_id == who.open_id]
        if events and not own:
            return CancelResult.NOT_YOURS
        stopped = [event for event in own if self._inbox.stop_event(event.event_id)]
        for event in stopped:
            self.on_stop(event.dedupe_id)
        return CancelResult.DONE if stopped else CancelResult.NOTHING
