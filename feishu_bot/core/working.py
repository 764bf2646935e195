"""What is done about an event, after Feishu has its answer."""

from __future__ import annotations

import logging
from collections.abc import Callable

from feishu_bot.core import access
from feishu_bot.core.access import AccessPolicy, RefusalThrottle
from feishu_bot.core.answering.answerer import Answerer
from feishu_bot.core.cards import Card
from feishu_bot.core.commands.registry import (
    Command,
    CommandCall,
    CommandContext,
    CommandResult,
    Commands,
    Question,
    UnknownCommand,
)
from feishu_bot.core.commands.unknown_command import unknown_command_card
from feishu_bot.core.conversations import Conversations
from feishu_bot.core.effective_settings import Languages
from feishu_bot.core.messages import IncomingMessage
from feishu_bot.core.notices import Notice
from feishu_bot.core.people import People
from feishu_bot.core.queue.job_control import JobControl
from feishu_bot.core.quotas import QuotaChecker
from feishu_bot.core.replier import MAX_ATTEMPTS, Replier
from feishu_bot.core.tasks import Job, Regenerate
from feishu_bot.errors import FeishuUnavailable

logger = logging.getLogger(__name__)

ANSWERED_KINDS = frozenset({"text", "post"})


class Working:
    """Tells questions from commands, and sees that each ends in an answer or in words."""

    def __init__(
        self,
        *,
        conversations: Conversations,
        people: People,
        answers: Answerer,
        replies: Replier,
        commands: Commands,
        languages: Languages,
        policy: AccessPolicy,
        quotas: QuotaChecker,
        greet: Callable[[IncomingMessage], Card | None],
        answers_all: bool,
        log_messages: bool,
    ) -> None:
        self._conversations = conversations
        self._people = people
        self._answers = answers
        self._replies = replies
        self._commands = commands
        self._languages = languages
        self._policy = policy
        self._refusals = RefusalThrottle()
        self._quotas = quotas
        self._greet = greet
        self._answers_all = answers_all
        self._log_messages = log_messages

    def work(self, job: Job, control: JobControl) -> None:
        """Do what an event asks for. Raises when it must be tried again."""
        message, kind = job.event.message, job.event.kind
        refusal = None if job.checkpoint else self._access(job)
        if refusal:
            is_due = self._refusals.is_due(message, self._conversations, job.event.dedupe_id)
            self._replies.reply(job, refusal if is_due else None)
            return
        if kind == "welcome":
            self._replies.reply(job, self._greet(message))
        elif message.kind not in ANSWERED_KINDS:
            notice = Notice("unsupported_message", {"kind": message.kind})
            self._replies.reply(job, None if self._is_aside(job) else notice)
        elif kind == "regenerate":
            self._regenerate(job, control)
        elif not message.text.strip():
            self._replies.reply(job, Notice("empty_question"))
        elif kind == "continue":
            self._continue(job, control)
        else:
            self._read(job, control)

    def _read(self, job: Job, control: JobControl) -> None:
        match self._commands.read(job.event.message.text):
            case CommandCall(command, argument):
                self._note_chat(job)
                self._do(job, self._run(job, command, argument), control)
            case UnknownCommand(word, nearest):
                self._note_chat(job)
                view = unknown_command_card(word, nearest)
                self._replies.reply(job, None if self._is_aside(job) else view)
            case Question(text):
                self._answer(job, text, control)

    def _note_chat(self, job: Job) -> None:
        """For what isn't answered by the model: with an answer it is noted once its card is sent,
        so that nobody's first answer waits for it."""
        if job.event.kind == "message":
            self._replies.note_chat(job.event.message, job.event.message.chat_id)

    def _run(self, job: Job, command: Command, argument: str) -> CommandResult:
        message = job.event.message
        is_admin = self._policy.is_admin(message.sender)
        if command.for_admins and not is_admin:
            return Notice("admins_only")
        logger.info("command=%s event_id=%s", command.name, job.event.event_id)
        request = CommandContext(
            message=message,
            key=job.event.key,
            argument=argument,
            language=self._languages.of(message.sender.open_id, message.chat_id),
            is_admin=is_admin,
        )
        try:
            return command.run(request)
        except Exception:
            # The database may be away for a moment.
            if job.attempt <= MAX_ATTEMPTS:
                raise
            logger.exception("command=%s failed event_id=%s", command.name, job.event.event_id)
            return Notice("command_failed")

    def _do(self, job: Job, result: CommandResult, control: JobControl) -> None:
        if isinstance(result, Regenerate):
            self._answer(job, result.turn.question, control, result)
        elif job.checkpoint and isinstance(result, Notice):
            # Its answer has begun on the screen, and what it was about is gone since.
            self._answers.close(job, result.kind, control)
        else:
            self._replies.reply(job, result)

    def _continue(self, job: Job, control: JobControl) -> None:
        message = job.event.message
        # The conversation may have begun afresh, and then there is nothing to go on from.
        if self._conversations.load(job.event.key, message.parent_id).turns:
            self._answer(job, message.text, control)
        else:
            self._do(job, Notice("continue_unknown"), control)

    def _regenerate(self, job: Job, control: JobControl) -> None:
        message = job.event.message
        card = str(message.action.get("card") or message.parent_id)
        turn = self._conversations.turn_of(card)
        if turn is None:
            self._do(job, Notice("conversation_unknown"), control)
        else:
            self._do(job, Regenerate(turn, str(message.action.get("model", ""))), control)

    def _answer(
        self, job: Job, question: str, control: JobControl, again: Regenerate | None = None
    ) -> None:
        message = job.event.message
        if self._log_messages:
            logger.info("question message_id=%s text=%r", message.message_id, question)
        if job.attempt > MAX_ATTEMPTS:
            self._give_up(job, question, control, again)
            return
        is_admin = self._policy.is_admin(message.sender)
        with self._quotas.asking(message, is_admin=is_admin) as refusal:
            # What has begun is finished, whatever it costs.
            if job.checkpoint or not refusal:
                self._answers.answer(job, question, control, again)
                return
        self._replies.reply(job, refusal)

    def _give_up(
        self, job: Job, question: str, control: JobControl, again: Regenerate | None
    ) -> None:
        try:
            self._answers.give_up(job, question, control, again)
        except FeishuUnavailable:
            raise
        except Exception:
            if job.attempt <= 2 * MAX_ATTEMPTS:
                raise
            # Not even that much can be said in its card; what waits behind it shall go on.
            logger.exception("not given up in its card event_id=%s", job.event.event_id)
            self._replies.reply(job, Notice("gave_up"))

    def _is_aside(self, job: Job) -> bool:
        """Whether a message is heard only because all are: what isn't understood is left alone."""
        event = job.event
        return (
            self._answers_all
            and event.message.chat_type == "group"
            and not access.is_addressed(event.message, self._conversations)
            and not self._conversations.exists(event.key)
        )

    def _access(self, job: Job) -> Notice | None:
        message = job.event.message
        # Where a click comes from was looked at when it came in.
        if job.event.kind in ("message", "welcome"):
            return self._policy.refusal_of(message, self._people)
        return self._policy.refusal(message.sender, self._people)
