"""Questions that their writers change after they were sent."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable
from dataclasses import replace

from feishu_bot.core.answering.question_context import without_context
from feishu_bot.core.cards import Button, Buttons, Card, Paragraph, Text
from feishu_bot.core.conversations import Conversations
from feishu_bot.core.jobs import QueuedTask
from feishu_bot.core.queue.enqueue import Enqueuer
from feishu_bot.core.queue.inbox import TaskInbox
from feishu_bot.core.tasks import AskQuestion, OfferEdited
from feishu_bot.core.text import shorten
from feishu_bot.logs import get_logger

logger = get_logger(__name__)

# A message that meant nothing to the bot may become a question by an edit soon after: somebody
# forgot the mention. Later that would answer what nobody waits for.
NEW_SECONDS = 3600.0
# So much of a question has room on a button, below the 30 KB of a card.
MOST_CHARS = 6_000
SHOWN_CHARS = 120


class EditedQuestions:
    """Answers a question as edited while it waits; later it offers to. `clock` is in seconds."""

    def __init__(
        self,
        inbox: TaskInbox,
        enqueuer: Enqueuer,
        conversations: Conversations,
        *,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._inbox = inbox
        self._enqueuer = enqueuer
        self._conversations = conversations
        self._clock = clock

    def take(self, edited: QueuedTask, *, is_repeat: bool = False) -> None:
        """Take an edit in, once for each text.

        `is_repeat` says that the message itself was pushed once more: that is an edit only where
        the text differs from what was asked.
        """
        if self._inbox.replace(edited):
            logger.info("edited while it waited", dedupe_id=edited.dedupe_id)
            return
        before = self._asked_before(edited.dedupe_id)
        if before is None and not self._inbox.is_known(edited.dedupe_id):
            if edited.created_at > self._clock() - NEW_SECONDS:
                self._enqueuer.enqueue(edited)
            return
        task = edited.task
        # A command has done what it does; what it became meanwhile can be typed again.
        if not isinstance(task, AskQuestion) or not task.text or task.message is None:
            return
        if task.text == before or (before is None and is_repeat):
            return
        offer = OfferEdited(text=task.text, message=task.message)
        digest = hashlib.sha256(task.text.encode()).hexdigest()[:16]
        dedupe_id = f"edit:{edited.dedupe_id}:{digest}"
        self._enqueuer.enqueue(replace(edited, task=offer, dedupe_id=dedupe_id))

    def _asked_before(self, dedupe_id: str) -> str | None:
        """The text that is being answered, or was; None where that isn't known."""
        running = self._inbox.open_task(dedupe_id)
        if running is not None:
            return getattr(running.task, "text", "")
        turn = self._conversations.turn_of(dedupe_id)
        return without_context(turn.question) if turn else None


def edited_card(offer: OfferEdited) -> Card:
    """Offers to answer the edited question."""
    shown = Text("edited_question", {"question": shorten(offer.text, SHOWN_CHARS)})
    blocks: tuple[Paragraph | Buttons, ...] = (Paragraph(shown),)
    if len(offer.text) > MOST_CHARS:
        blocks += (Paragraph(Text("edited_too_long"), is_small=True),)
    else:
        value = {
            "act": "answer_edited",
            "question": offer.message.message_id,
            "text": offer.text,
            "chat": offer.message.chat_type,
        }
        label = Text("button_answer_edited")
        blocks += (Buttons((Button(label=label, value=value, style="primary"),)),)
    return Card(title=Text("edited_title"), icon="✏️", blocks=blocks)
