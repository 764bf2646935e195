"""Sends one reply (card, notice or file) and ends its job."""

from __future__ import annotations

from dataclasses import dataclass

from feishu_bot import metrics
from feishu_bot.core.cards import Card
from feishu_bot.core.conversations import ConversationKey, Conversations, KeyResolver
from feishu_bot.core.jobs import MAX_ATTEMPTS, Job, Outcome
from feishu_bot.core.messages import SentMessages
from feishu_bot.core.messenger import File, Messenger
from feishu_bot.core.notices import Notice
from feishu_bot.core.people import People, note_private_chat
from feishu_bot.core.queue.inbox import JobStore
from feishu_bot.core.usage import Usage
from feishu_bot.errors import (
    FeishuError,
    FeishuUnavailable,
    LeaseLost,
    PermissionMissing,
    TargetGone,
)
from feishu_bot.logs import get_logger

logger = get_logger(__name__)

Reply = Card | Notice | File

# Where Feishu doesn't answer each attempt takes minutes; after an hour and a half nobody waits.
MAX_SEND_ATTEMPTS = 30
# Notices that stand for something that went wrong, and isn't the person's to set right.
FAILURES = frozenset({"gave_up", "command_failed", "file_refused", "permission_missing"})
EVENT_ID_CHARS = 12


@dataclass(frozen=True, kw_only=True)
class Replier:
    """Everything the bot says that isn't an answer of the model."""

    jobs: JobStore
    conversations: Conversations
    keys: KeyResolver
    people: People
    messenger: Messenger

    def reply(self, job: Job, reply: Reply | None, outcome: Outcome = "noticed") -> None:
        """Send a reply, if there is one, and end the job. Raises FeishuUnavailable to try again.

        A reply that can't be sent is replaced by a notice. `outcome` is that of one that is sent.
        """
        try:
            if reply is not None:
                self._bind(job, self._send(job, reply))
        except FeishuUnavailable:
            if job.attempt <= MAX_SEND_ATTEMPTS:
                raise
            outcome = "failed"
        except TargetGone as exc:
            logger.info("reply has no place", error=exc)
            outcome = "stopped"
        except Exception as exc:
            # What Feishu refuses stays refused; anything else may be better at the next try.
            if not isinstance(exc, FeishuError) and job.attempt <= MAX_ATTEMPTS:
                raise
            logger.warning("reply failed", exc_info=True)
            fallback = _fallback_for(reply, exc)
            if fallback:
                self.reply(job, fallback)
                return
            outcome = "failed"
        self._finish(job, reply, outcome)

    def _send(self, job: Job, reply: Reply) -> SentMessages:
        target, reference = job.target, job.dedupe_id
        key = None if _opens_one(job) else job.key
        match reply:
            case Notice():
                return self.messenger.notify(target, reply, key=key, reference=reference)
            case Card():
                return self.messenger.show(target, reply, key=key, reference=reference)
            case File(name, data):
                return self.messenger.send_file(target, name, data, reference=reference)

    def _bind(self, job: Job, sent: SentMessages) -> None:
        # Before the card is known, and so before anything on it can be pressed.
        if not job.target.message_id and job.target.is_private:
            note_private_chat(self.people, job.target.sender.open_id, sent.chat_id)
        self.conversations.bind(self._key(job, sent), sent)

    def _key(self, job: Job, sent: SentMessages) -> ConversationKey:
        """The conversation of a sent message; one that replies to nothing opens a new one."""
        if not _opens_one(job):
            return job.key
        chat_id = sent.chat_id or job.target.chat_id
        return self.keys.opened_by(sent.message_ids[0], chat_id, job.target.chat_type)

    def _finish(self, job: Job, reply: Reply | None, outcome: Outcome) -> None:
        try:
            self.jobs.finish(job, outcome, None, _failure_of(job, reply, outcome))
        except LeaseLost:
            logger.info("reply taken over")
        metrics.ANSWERS.labels(outcome=outcome).inc()
        logger.info(
            "reply",
            asker=job.target.sender.open_id,
            chat=job.target.chat_id,
            conversation=job.key,
            outcome=outcome,
            notice=reply.kind if isinstance(reply, Notice) else "-",
            attempt=job.attempt,
        )


def _failure_of(job: Job, reply: Reply | None, outcome: Outcome) -> Usage | None:
    """What failed, as a usage of nothing; None where nothing did."""
    notice = reply.kind if isinstance(reply, Notice) else ""
    if outcome != "failed" and notice not in FAILURES:
        return None
    return Usage(
        open_id=job.target.sender.open_id,
        chat_id=job.target.chat_id,
        model="",
        outcome=outcome,
        seconds=0.0,
        notice=notice or "reply_failed",
        request_id=job.event_id[-EVENT_ID_CHARS:],
        chat_type=job.target.chat_type or "",
    )


def _opens_one(job: Job) -> bool:
    """Whether the reply opens a conversation, since it replies to nothing."""
    return not job.target.message_id and job.key.root == job.dedupe_id


def _fallback_for(reply: Reply | None, exc: Exception) -> Notice | None:
    """The notice in place of a reply that can't be sent; None when it was a notice itself."""
    if isinstance(reply, File):
        if isinstance(exc, PermissionMissing):
            return Notice("permission_missing", {"scope": "im:resource"})
        return Notice("file_refused")
    return Notice("command_failed") if isinstance(reply, Card) else None
