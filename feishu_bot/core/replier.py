"""What is said once, in a card, a notice or a file, and ends its job."""

from __future__ import annotations

import logging
from collections.abc import Callable

from feishu_bot import metrics
from feishu_bot.core.cards import Card
from feishu_bot.core.conversations import ConversationKey, Conversations
from feishu_bot.core.messages import IncomingMessage, SentMessages
from feishu_bot.core.messenger import File, Messenger
from feishu_bot.core.notices import Notice
from feishu_bot.core.people import People
from feishu_bot.core.queue.inbox import Inbox
from feishu_bot.core.tasks import Job, Outcome, QueuedTask
from feishu_bot.errors import (
    FeishuError,
    FeishuUnavailable,
    LeaseLost,
    PermissionMissing,
    TargetGone,
)

logger = logging.getLogger(__name__)

Reply = Card | Notice | File

# A job that failed this often fails for a reason that another try won't cure.
MAX_ATTEMPTS = 5
# Where Feishu doesn't answer each attempt takes minutes; after an hour and a half nobody waits.
MAX_SEND_ATTEMPTS = 30


class Replier:
    """`opening` gives the conversation that a message opens which the bot sends on its own."""

    def __init__(
        self,
        *,
        inbox: Inbox,
        conversations: Conversations,
        people: People,
        messenger: Messenger,
        opening: Callable[[str, str, IncomingMessage], ConversationKey],
    ) -> None:
        self._inbox = inbox
        self._conversations = conversations
        self._people = people
        self._messenger = messenger
        self._opening = opening

    def reply(self, job: Job, result: Reply | None) -> None:
        """Send what there is to say, and end the job. Raises FeishuUnavailable to try again.

        What can't be sent as it is, is said in a notice.
        """
        outcome: Outcome = "noticed"
        try:
            if result is not None:
                self._bind(job.event, self._send(job, result))
        except FeishuUnavailable:
            if job.attempt <= MAX_SEND_ATTEMPTS:
                raise
            outcome = "failed"
        except TargetGone as exc:
            logger.info("reply has no place event_id=%s error=%s", job.event.event_id, exc)
            outcome = "stopped"
        except Exception as exc:
            # What Feishu refuses stays refused; anything else may be better at the next try.
            if not isinstance(exc, FeishuError) and job.attempt <= MAX_ATTEMPTS:
                raise
            logger.warning("reply failed event_id=%s", job.event.event_id, exc_info=True)
            instead = _fallback_for(result, exc)
            if instead:
                self.reply(job, instead)
                return
            outcome = "failed"
        self._finish(job, result, outcome)

    def note_chat(self, message: IncomingMessage, chat_id: str) -> None:
        """Remember where the sender's private chat is; whoever has one needs no greeting."""
        person = message.sender.open_id
        is_news = chat_id and self._people.get(person).private_chat != chat_id
        if message.chat_type == "p2p" and is_news:
            self._people.meet(person, chat_id)

    def _send(self, job: Job, result: Reply) -> SentMessages:
        event = job.event
        if isinstance(result, Notice):
            return self._messenger.notify(event.message, result, reference=event.dedupe_id)
        if isinstance(result, Card):
            return self._messenger.show(event.message, result, reference=event.dedupe_id)
        return self._messenger.send_file(
            event.message, result.name, result.data, reference=event.dedupe_id
        )

    def _bind(self, event: QueuedTask, sent: SentMessages) -> None:
        # Before the card is known, and so before anything on it can be pressed.
        if not event.message.message_id:
            self.note_chat(event.message, sent.chat_id)
        self._conversations.bind(self._home(event, sent), sent)

    def _home(self, event: QueuedTask, sent: SentMessages) -> ConversationKey:
        """The conversation that a sent message belongs to; one that replies to none opens one."""
        message = event.message
        if message.message_id or event.key.root != event.dedupe_id:
            return event.key
        return self._opening(sent.chat_id or message.chat_id, sent.message_ids[0], message)

    def _finish(self, job: Job, result: Reply | None, outcome: Outcome) -> None:
        event = job.event
        try:
            self._inbox.finish(job, outcome, None, None)
        except LeaseLost:
            logger.info("reply taken over event_id=%s", event.event_id)
        metrics.ANSWERS.labels(outcome=outcome).inc()
        logger.info(
            "reply event_id=%s message_id=%s conversation=%s outcome=%s notice=%s attempt=%d",
            event.event_id,
            event.message.message_id,
            event.key,
            outcome,
            result.kind if isinstance(result, Notice) else "-",
            job.attempt,
        )


def _fallback_for(result: Reply | None, exc: Exception) -> Notice | None:
    """What to say in place of something that can't be sent; None when it was a notice itself."""
    if isinstance(result, File):
        if isinstance(exc, PermissionMissing):
            return Notice("permission_missing", {"scope": "im:resource"})
        return Notice("file_refused")
    return Notice("command_failed") if isinstance(result, Card) else None
