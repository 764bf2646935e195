"""Runs a command: when its message comes in, and when its turn comes."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass, replace

from feishu_bot.core.access import AccessPolicy
from feishu_bot.core.card_actions import CardClick, ClickResponse, toast
from feishu_bot.core.cards import Card
from feishu_bot.core.commands.help import unknown_command_card
from feishu_bot.core.commands.registry import Command, CommandContext, CommandResult, Commands
from feishu_bot.core.conversations import KeyResolver
from feishu_bot.core.effective_settings import EffectiveSettings
from feishu_bot.core.jobs import MAX_ATTEMPTS, Job, QueuedTask
from feishu_bot.core.notices import Notice
from feishu_bot.core.people import People
from feishu_bot.core.queue.enqueue import Enqueuer
from feishu_bot.core.tasks import RunCommand, SuggestCommand
from feishu_bot.errors import ModelError
from feishu_bot.logs import get_logger

logger = get_logger(__name__)


@dataclass(frozen=True)
class CommandRunner:
    """Finds the command of a task and who asks for it."""

    commands: Commands
    _: KW_ONLY
    enqueuer: Enqueuer
    keys: KeyResolver
    people: People
    policy: AccessPolicy
    settings: EffectiveSettings

    def press(self, click: CardClick) -> ClickResponse:
        """Do what a button built by `Button.command` stands for: what could be typed."""
        text = click.value("text")
        self.enqueuer.enqueue_click(click, self.commands.parse(text))
        return toast("command_started", command=text)

    def receive(self, queued: QueuedTask) -> QueuedTask:
        """Do what a command does before its turn comes; nothing for somebody who may not ask."""
        task = queued.task
        if isinstance(task, SuggestCommand):
            # The card belongs where the suggested command will be pressed.
            return self._about_latest(queued, self.commands.called(task.nearest))
        if not isinstance(task, RunCommand):
            return queued
        command = self.commands.find(task.name)
        queued = self._about_latest(queued, command)
        if command is None or command.on_receive is None:
            return queued
        if self.policy.refusal_for(queued.target, self.people):
            return queued
        data = command.on_receive(self._context(queued, task))
        return replace(queued, task=replace(task, data={**task.data, **data}))

    def run(self, job: Job, task: RunCommand) -> CommandResult:
        """What the command has to say. Raises what it raises until the last attempt."""
        command = self.commands.find(task.name)
        if command is None:
            return unknown_command_card(f"/{task.name}", "")
        context = self._context(job, task)
        if command.for_admins and not context.is_admin:
            return Notice("admins_only", {"id": context.sender.open_id})
        logger.info("command", name=command.name)
        try:
            return command.run(context)
        except ModelError as exc:
            return Notice(exc.kind, exc.params())
        except Exception:
            # The database may be away for a moment.
            if job.attempt <= MAX_ATTEMPTS:
                raise
            logger.exception("command failed", name=command.name)
            return Notice("command_failed")

    def suggest(self, job: Job, task: SuggestCommand) -> Card:
        """What to say to a word that is no command; nobody is offered what isn't for them."""
        command = self.commands.called(task.nearest)
        is_theirs = command and (not command.for_admins or self.policy.is_admin(job.target.sender))
        return unknown_command_card(task.word, task.nearest if is_theirs else "", task.argument)

    def _about_latest(self, queued: QueuedTask, command: Command | None) -> QueuedTask:
        """The task in the conversation it is about, where it would open a new one."""
        opens_one = queued.key.root == queued.dedupe_id
        if command and command.targets_latest and opens_one and queued.target.is_private:
            return replace(queued, key=self.keys.newest(queued.target.chat_id) or queued.key)
        return queued

    def _context(self, queued: QueuedTask, task: RunCommand) -> CommandContext:
        target = queued.target
        return CommandContext(
            task=queued,
            argument=task.argument,
            data=task.data,
            language=self.settings.language(target.sender.open_id, target.chat_id),
            is_admin=self.policy.is_admin(target.sender),
            commands=self.commands,
        )
