"""The bot: what comes in is stored as a task, and done later."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from feishu_bot import metrics
from feishu_bot.core import access, missed_messages
from feishu_bot.core.access import AccessPolicy, Decision, RefusalThrottle
from feishu_bot.core.answering.answerer import Answerer
from feishu_bot.core.answering.file_sender import AnswerFileSender
from feishu_bot.core.answering.message_kinds import WORDS, unreadable
from feishu_bot.core.answering.question import AnswerTask
from feishu_bot.core.answering.remainder import AnswerRemainder
from feishu_bot.core.answering.waiting_answers import WaitingAnswers
from feishu_bot.core.background.background_tasks import BackgroundTasks
from feishu_bot.core.card_actions import CardAction, CardActionHandler, ClickResponse
from feishu_bot.core.commands.registry import Commands
from feishu_bot.core.commands.runner import CommandRunner
from feishu_bot.core.commands.welcome import Welcome
from feishu_bot.core.conversations import Conversations, KeyResolver
from feishu_bot.core.edited_questions import EditedQuestions, edited_card
from feishu_bot.core.jobs import Job, QueuedTask
from feishu_bot.core.light_replies import LightReplies
from feishu_bot.core.messages import BotIdentity, ChatJoined, IncomingMessage, MenuClick
from feishu_bot.core.messenger import File
from feishu_bot.core.missed_messages import MissedMessages
from feishu_bot.core.notices import Notice
from feishu_bot.core.people import People, note_private_chat
from feishu_bot.core.queue.enqueue import Enqueuer
from feishu_bot.core.queue.inbox import TaskInbox
from feishu_bot.core.queue.running_jobs import JobControl, RunningJobs
from feishu_bot.core.replier import Replier, Reply
from feishu_bot.core.reply_target import ReplyTarget
from feishu_bot.core.tasks import (
    AskQuestion,
    ContinueAnswer,
    DrawAgain,
    Greet,
    LegacyText,
    OfferEdited,
    OfferMissed,
    RefuseQuestion,
    Regenerate,
    RunCommand,
    SendAnswerFile,
    ShowMore,
    SuggestCommand,
    Task,
)
from feishu_bot.logs import get_logger

logger = get_logger(__name__)


@dataclass(frozen=True, kw_only=True)
class Bot:
    """What Feishu's events and clicks mean to us: receive, click, work.

    With `answers_all` every message of a group is for the bot.
    """

    inbox: TaskInbox
    enqueuer: Enqueuer
    running: RunningJobs
    conversations: Conversations
    keys: KeyResolver
    people: People
    policy: AccessPolicy
    identity: Callable[[], BotIdentity]
    commands: Commands
    runner: CommandRunner
    card_actions: CardActionHandler
    answerer: Answerer
    waiting_answers: WaitingAnswers
    remainder: AnswerRemainder
    file_sender: AnswerFileSender
    replier: Replier
    welcome: Welcome
    background: BackgroundTasks
    edited_questions: EditedQuestions
    missed: MissedMessages
    throttle: RefusalThrottle
    light_replies: LightReplies
    answers_all: bool = False

    # Receive

    def receive(self, event_id: str, message: IncomingMessage) -> None:
        """Take a message in, once. It is stored when this returns."""
        queued = self._queued(event_id, message)
        if queued is None:
            return
        if self.missed.is_late(message.created_at):
            self.enqueuer.enqueue(_missed(queued))
            return
        if not self.enqueuer.enqueue(self.runner.receive(queued)) and message.is_edited:
            self.edited_questions.take(queued, is_repeat=True)

    def edit(self, event_id: str, message: IncomingMessage) -> None:
        """A message has another text now: it is answered so, or that is offered."""
        queued = self._queued(event_id, message)
        if queued is not None:
            self.edited_questions.take(queued)

    def _queued(self, event_id: str, message: IncomingMessage) -> QueuedTask | None:
        """The task of a message; None when it is not for the bot."""
        decision = access.should_answer(
            message, self.identity(), self.conversations, answers_all=self.answers_all
        )
        metrics.EVENTS.labels(verdict=decision.value).inc()
        if decision is not Decision.ANSWER:
            logger.info("ignored", message_id=message.message_id, reason=decision.value)
            return None
        return QueuedTask(
            event_id=event_id,
            dedupe_id=message.message_id,
            key=self.keys.of(message),
            target=ReplyTarget.of(message),
            task=self._task_of(message),
            created_at=message.created_at,
        )

    def click_menu(self, click: MenuClick) -> None:
        """Take a click on the bot's menu in: it runs in the private chat what could be typed."""
        dedupe_id = f"menu:{click.event_id}"
        # Empty for somebody never heard of: it becomes known by what is sent to them.
        chat_id = self.people.get(click.person.open_id).private_chat
        queued = QueuedTask(
            event_id=click.event_id,
            dedupe_id=dedupe_id,
            key=self.keys.opened_by(dedupe_id, chat_id, "p2p"),
            target=ReplyTarget(
                message_id="", chat_id=chat_id, chat_type="p2p", sender=click.person
            ),
            task=RunCommand(name=self.commands.of_menu(click.entry)),
            created_at=click.created_at,
        )
        is_late = self.missed.is_late(click.created_at)
        self.enqueuer.enqueue(_missed(queued) if is_late else self.runner.receive(queued))

    def join(self, joined: ChatJoined) -> None:
        """Greet a group that the bot was added to, or a person who opens their chat with it."""
        self.welcome.join(joined)
        # Who opens their chat with the bot is about to ask.
        self.enqueuer.notify()

    def recall(self, message_id: str) -> None:
        """The message was recalled: its answer stops, and the conversation forgets it."""
        self.inbox.stop(message_id)
        self.running.stop(message_id)
        self.background.answer_edits.mark_recalled(message_id)

    # Click

    def click(self, action: CardAction) -> ClickResponse:
        """Take a click on a card in; the response is shown to the operator at once."""
        return self.card_actions.handle(action)

    # Work

    def work(self, job: Job, control: JobControl) -> None:
        """Do a task. Raises when it must be tried again."""
        if self.background.work(job, control) or self._is_refused(job, control):
            return
        task = self._parsed(job.task)
        match task:
            case AskQuestion():
                self._ask(job, task, control)
            case Regenerate() | ContinueAnswer() | DrawAgain():
                self._answer(job, task, control)
            case ShowMore() | SendAnswerFile():
                self._show_again(job, task, control)
            case RunCommand():
                self._note_chat(job)
                result = self.runner.run(job, task)
                if isinstance(result, AskQuestion | Regenerate):
                    self._answer(job, result, control)
                else:
                    self._reply(job, result, control)
            case SuggestCommand():
                self._note_chat(job)
                card = self.runner.suggest(job, task)
                self.replier.reply(job, None if self._is_aside(job) else card)
            case OfferEdited():
                self.replier.reply(job, edited_card(task))
            case RefuseQuestion(notice=kind, most=most):
                self.replier.reply(job, Notice(kind, {"most": str(most)}))
            case OfferMissed():
                card = missed_messages.missed_card(task)
                self.replier.reply(job, None if self._is_aside(job) else card)
            case Greet():
                self.replier.reply(job, self.welcome.card(job.target, self.commands))

    def _is_refused(self, job: Job, control: JobControl) -> bool:
        """End a job that nobody wants any more, or whose asker may not ask."""
        if job.is_stopped and not job.checkpoint:
            # Nothing of it was shown.
            self.replier.reply(job, None, "stopped")
            return True
        refusal = None if job.has_begun else self._refusal(job)
        if refusal is None:
            return False
        is_told = job.has_waiting_card or self._is_told(job)
        self._reply(job, refusal if is_told else None, control)
        return True

    def _ask(self, job: Job, task: AskQuestion, control: JobControl) -> None:
        notice = unreadable(task)
        has_card = job.has_waiting_card
        if not has_card and self.light_replies.takes(job, task):
            self.replier.reply(job, self.light_replies.reply(job, task))
        elif notice:
            is_aside = notice.kind == "unsupported_message" and self._is_aside(job)
            self._reply(job, None if is_aside and not has_card else notice, control)
        elif not has_card and not task.text and self._is_aside(job):
            self.replier.reply(job, None)
        else:
            self._answer(job, task, control)

    def _answer(self, job: Job, task: AnswerTask, control: JobControl) -> None:
        self._reply_if_any(job, self.answerer.answer(job, task, control), control)

    def _show_again(self, job: Job, task: ShowMore | SendAnswerFile, control: JobControl) -> None:
        """What the model has written before, on further cards or as a file."""
        if isinstance(task, ShowMore):
            self._reply_if_any(job, self.remainder.show(job, task, control), control)
            return
        file = self.file_sender.file(job, task)
        self.replier.reply(job, file, "answered" if isinstance(file, File) else "noticed")

    def _reply_if_any(self, job: Job, notice: Notice | None, control: JobControl) -> None:
        if notice:
            self._reply(job, notice, control)

    def _reply(self, job: Job, reply: Reply | None, control: JobControl) -> None:
        # An answer is given up in a notice because its card can't be ended.
        if job.checkpoint and isinstance(reply, Notice) and reply.kind != "gave_up":
            # Its answer has begun on the screen, and what it was about is gone since.
            self.answerer.close(job, reply, control)
        else:
            self.replier.reply(job, reply)

    def _task_of(self, message: IncomingMessage) -> Task:
        if message.kind in WORDS:
            return self.commands.parse(message.text, message)
        return AskQuestion(text="", message=message)

    def _parsed(self, task: Task) -> Task:
        if isinstance(task, LegacyText):
            return self.commands.parse(task.text, task.message, task.data)
        return task

    def _note_chat(self, job: Job) -> None:
        """With an answer of the model it is noted once its card is sent: nobody waits for it."""
        if job.message and job.target.is_private:
            note_private_chat(self.people, job.target.sender.open_id, job.target.chat_id)

    def _refusal(self, job: Job) -> Notice | None:
        """Why the task isn't done. What was clicked is asked about once more, too."""
        if isinstance(job.task, RunCommand):
            command = self.commands.find(job.task.name)
            if command and command.is_for_all:
                return None
        return self.policy.refusal_for(job.target, self.people)

    def _is_told(self, job: Job) -> bool:
        """Whether a refusal is said: to somebody who meant the bot, and not at every message."""
        if job.message:
            is_meant = access.is_addressed(job.message, self.conversations)
        else:
            is_meant = job.target.is_private or not isinstance(job.task, Greet)
        return is_meant and self.throttle.is_due(job.target.sender.open_id, job.dedupe_id)

    def _is_aside(self, job: Job) -> bool:
        """Whether a message is heard only because all are: what isn't understood is left alone."""
        return bool(
            self.answers_all
            and job.message
            and job.message.chat_type == "group"
            and not access.is_addressed(job.message, self.conversations)
            and not self.conversations.exists(job.key)
        )


def _missed(queued: QueuedTask) -> QueuedTask:
    return replace(queued, task=missed_messages.offer(queued.task, queued.message))
