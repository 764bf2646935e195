"""Connects the objects of the core, in the order in which they need each other.

The application calls it with its adapters, the tests with theirs.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from feishu_bot.core.access import AccessPolicy, RefusalThrottle
from feishu_bot.core.answering.answerer import Answerer
from feishu_bot.core.answering.context import MessageReader, MissingContext
from feishu_bot.core.answering.generation import AnswerGenerator
from feishu_bot.core.answering.model_label import ModelLabel
from feishu_bot.core.answering.question import QuestionReader
from feishu_bot.core.answering.speakers import Speakers
from feishu_bot.core.balance import BalanceReader
from feishu_bot.core.bot import Bot
from feishu_bot.core.card_actions import BIND_TIMEOUT, CardActionHandler
from feishu_bot.core.cards import RUN
from feishu_bot.core.chat_model import ChatModel, ModelCatalog
from feishu_bot.core.chats import Chats
from feishu_bot.core.commands.admin import AdminCommands
from feishu_bot.core.commands.balance import BalanceCommands
from feishu_bot.core.commands.export import ExportCommands
from feishu_bot.core.commands.feedback import FeedbackCommands
from feishu_bot.core.commands.forget import ForgetCommands
from feishu_bot.core.commands.help import HelpCommands
from feishu_bot.core.commands.lang import LangCommands
from feishu_bot.core.commands.mode import ModeCommands
from feishu_bot.core.commands.model import ModelCommands
from feishu_bot.core.commands.regenerate import AnswerActions
from feishu_bot.core.commands.registry import CommandGroup, Commands
from feishu_bot.core.commands.reload import ReloadCommands
from feishu_bot.core.commands.reset import ResetCommands
from feishu_bot.core.commands.roles import RoleCommands
from feishu_bot.core.commands.runner import CommandRunner
from feishu_bot.core.commands.settings import SettingsCommands
from feishu_bot.core.commands.stop import StopCommands
from feishu_bot.core.commands.usage import UsageCommands
from feishu_bot.core.commands.welcome import Welcome
from feishu_bot.core.conversations import Conversations, KeyResolver
from feishu_bot.core.edits import EditedQuestions
from feishu_bot.core.effective_settings import EffectiveSettings
from feishu_bot.core.feedback import FeedbackStore
from feishu_bot.core.languages import Language
from feishu_bot.core.messenger import Messenger
from feishu_bot.core.people import People, UserDirectory
from feishu_bot.core.queue.cancellation import Cancellation
from feishu_bot.core.queue.enqueue import Enqueuer
from feishu_bot.core.queue.inbox import Inbox
from feishu_bot.core.queue.running_jobs import RunningJobs
from feishu_bot.core.quotas import Quota, QuotaChecker
from feishu_bot.core.replier import Replier
from feishu_bot.core.roles import Roles
from feishu_bot.core.usage import Prices, UsageStore

Texts = Mapping[Language, Callable[..., str]]


@dataclass(frozen=True, kw_only=True)
class Ports:
    """Everything that the core needs from outside."""

    inbox: Inbox
    conversations: Conversations
    chats: Chats
    people: People
    usage: UsageStore
    feedback: FeedbackStore
    messenger: Messenger
    names: UserDirectory
    reader: MessageReader
    model: ChatModel
    models: ModelCatalog
    balance: BalanceReader
    roles: Roles
    prices: Prices
    texts: Texts


@dataclass(frozen=True, kw_only=True)
class BotOptions:
    """What the administrator has chosen; `docs/settings.md` explains each.

    `misses_messages` tells whether Feishu keeps a group's messages from the bot. `clock` is in
    seconds since the epoch, `timer` monotonic.
    """

    language: Language = "zh"
    p2p_context: Literal["thread", "chat"] = "thread"
    answers_all: bool = False
    log_messages: bool = False
    system_prompt: str = ""
    context_tokens: int = 8_000
    footer: frozenset[str] = frozenset()
    policy: AccessPolicy = field(default_factory=AccessPolicy)
    person_quota: Quota = field(default_factory=Quota)
    chat_quota: Quota = field(default_factory=Quota)
    retention_days: int = 30
    misses_messages: Callable[[], bool] = lambda: False
    bind_timeout: float = BIND_TIMEOUT
    clock: Callable[[], float] = time.time
    timer: Callable[[], float] = time.monotonic


def build_bot(
    ports: Ports,
    options: BotOptions,
    *,
    running: RunningJobs,
    notify: Callable[[], None],
    extra: tuple[CommandGroup, ...] = (),
) -> Bot:
    """The bot, ready to receive, to be clicked and to work.

    `running` are the jobs of this process; `notify` wakes whoever works; `extra` are commands
    besides the bot's own. Raises ValueError when two commands share a word.
    """
    conversations, people, policy = ports.conversations, ports.people, options.policy
    settings = EffectiveSettings(
        options.language, conversations=conversations, chats=ports.chats, people=people
    )
    keys = KeyResolver(conversations, options.p2p_context)
    enqueuer = Enqueuer(ports.inbox, notify)
    quotas = QuotaChecker(
        ports.usage,
        person=options.person_quota,
        chat=options.chat_quota,
        currency=lambda: ports.prices.currency,
        clock=options.clock,
    )
    welcome = Welcome(
        enqueuer,
        people,
        example={language: say("welcome_example") for language, say in ports.texts.items()},
        answers_all=options.answers_all,
        misses_messages=options.misses_messages,
    )
    groups = _command_groups(
        ports,
        options,
        settings=settings,
        enqueuer=enqueuer,
        quotas=quotas,
        cancellation=Cancellation(ports.inbox, running),
    )
    commands = Commands((*groups, welcome, *extra))
    runner = CommandRunner(
        commands, enqueuer=enqueuer, keys=keys, people=people, policy=policy, settings=settings
    )
    continue_prompt = ports.texts[options.language]("continue_prompt")
    answerer = Answerer(
        jobs=ports.inbox,
        conversations=conversations,
        people=people,
        questions=QuestionReader(conversations, settings, continue_prompt=continue_prompt),
        generator=AnswerGenerator(
            model=ports.model,
            context=MissingContext(conversations, ports.reader),
            speakers=Speakers(ports.names),
            system_prompt=options.system_prompt,
            context_tokens=options.context_tokens,
            clock=options.clock,
            timer=options.timer,
        ),
        messenger=ports.messenger,
        policy=policy,
        quotas=quotas,
        prices=ports.prices,
        model_label=ModelLabel(ports.models.known),
        footer=options.footer,
        log_messages=options.log_messages,
        clock=options.clock,
        timer=options.timer,
    )
    return Bot(
        inbox=ports.inbox,
        edits=EditedQuestions(ports.inbox, enqueuer, conversations, clock=options.clock),
        enqueuer=enqueuer,
        running=running,
        conversations=conversations,
        keys=keys,
        people=people,
        policy=policy,
        identity=ports.messenger.identity,
        commands=commands,
        runner=runner,
        card_actions=CardActionHandler(
            {**commands.actions, RUN: runner.press},
            conversations=conversations,
            people=people,
            settings=settings,
            policy=policy,
            bind_timeout=options.bind_timeout,
        ),
        answerer=answerer,
        replier=Replier(
            jobs=ports.inbox,
            conversations=conversations,
            keys=keys,
            people=people,
            messenger=ports.messenger,
        ),
        welcome=welcome,
        throttle=RefusalThrottle(timer=options.timer),
        answers_all=options.answers_all,
    )


def _command_groups(
    ports: Ports,
    options: BotOptions,
    *,
    settings: EffectiveSettings,
    enqueuer: Enqueuer,
    quotas: QuotaChecker,
    cancellation: Cancellation,
) -> tuple[CommandGroup, ...]:
    """In the order of help."""
    conversations, clock = ports.conversations, options.clock
    has_admins = bool(options.policy.admins)
    return (
        HelpCommands(),
        ResetCommands(conversations),
        RoleCommands(
            ports.roles, conversations, settings, enqueuer, context_tokens=options.context_tokens
        ),
        ModeCommands(conversations, settings),
        ModelCommands(ports.models, conversations, settings),
        SettingsCommands(
            conversations=conversations,
            chats=ports.chats,
            people=ports.people,
            settings=settings,
            models=ports.models,
            roles=ports.roles,
            has_admins=has_admins,
        ),
        LangCommands(ports.people),
        BalanceCommands(ports.balance, for_admins=has_admins),
        UsageCommands(
            ports.usage,
            quotas,
            ports.names,
            currency=lambda: ports.prices.currency,
            days_kept=options.retention_days,
            clock=clock,
        ),
        ForgetCommands(ports.people, clock=clock),
        AdminCommands(ports.usage, ports.people, quotas, options.policy, ports.names, clock=clock),
        AnswerActions(enqueuer, conversations, ports.models),
        StopCommands(cancellation),
        ReloadCommands(conversations, clock=clock),
        ExportCommands(conversations, ports.texts, clock=clock),
        FeedbackCommands(ports.feedback, conversations, enqueuer),
    )
