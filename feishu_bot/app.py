"""The composition root: the only place that knows every part."""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Callable
from pathlib import Path

from flask import Flask

from feishu_bot.content.catalog import Catalog
from feishu_bot.content.prices import PriceList
from feishu_bot.content.roles import RoleList
from feishu_bot.core.access import AccessPolicy
from feishu_bot.core.answering.answerer import Answerer
from feishu_bot.core.answering.context import MissingContext
from feishu_bot.core.answering.speakers import Speakers
from feishu_bot.core.bot import Bot
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
from feishu_bot.core.commands.registry import Commands
from feishu_bot.core.commands.reload import ReloadCommands
from feishu_bot.core.commands.reset import ResetCommands
from feishu_bot.core.commands.roles import RoleCommands
from feishu_bot.core.commands.settings import SettingsCommands
from feishu_bot.core.commands.stop import StopCommands
from feishu_bot.core.commands.usage import UsageCommands
from feishu_bot.core.commands.welcome import Welcome
from feishu_bot.core.effective_settings import Languages
from feishu_bot.core.languages import Language
from feishu_bot.core.messages import BotIdentity
from feishu_bot.core.queue.cancellation import Cancellation
from feishu_bot.core.queue.enqueue import Enqueuer
from feishu_bot.core.queue.wakeup import Wakeup
from feishu_bot.core.queue.worker_pool import WorkerPool
from feishu_bot.core.quotas import Quota, QuotaChecker
from feishu_bot.errors import BotError
from feishu_bot.feishu.api.client import FeishuClient
from feishu_bot.feishu.api.transport import PooledTransport, install
from feishu_bot.feishu.cards.callback_response import CallbackResponses
from feishu_bot.feishu.message_reader import FeishuMessageReader
from feishu_bot.feishu.messenger import FeishuMessenger
from feishu_bot.feishu.scope_monitor import GroupScopeMonitor
from feishu_bot.feishu.streaming.pacer import Pacer
from feishu_bot.feishu.user_names import FeishuUserDirectory
from feishu_bot.feishu.webhook.handler import MAX_BODY, WebhookHandler
from feishu_bot.llm import Gateway
from feishu_bot.settings import Settings
from feishu_bot.stores import (
    Database,
    SqlChats,
    SqlConversations,
    SqlFeedback,
    SqlInbox,
    SqlPeople,
    SqlUsage,
    WorkerId,
)
from feishu_bot.web import feishu as feishu_views
from feishu_bot.web import health as health_views

logger = logging.getLogger(__name__)

# Feishu repeats an event for up to 7.1 hours. The inbox remembers longer than the door lets
# anything in, by more than the day that a wrong clock may be off.
INBOX_SECONDS = 3 * 24 * 3600.0
DOOR_SECONDS = 1.5 * 24 * 3600.0
DAY = 24 * 3600.0


class Runtime:
    """Everything alive in a process: nothing before `start`, nothing after `stop`."""

    def __init__(
        self,
        settings: Settings,
        *,
        database: Database,
        client: FeishuClient,
        messenger: FeishuMessenger,
        gateway: Gateway,
        workers: WorkerPool,
        wakeup: Wakeup,
        group_scope: GroupScopeMonitor | None = None,
    ) -> None:
        self._settings = settings
        self._database = database
        self._client = client
        self._messenger = messenger
        self._gateway = gateway
        self._transport = PooledTransport()
        self._wakeup = wakeup
        self._group_scope = group_scope
        self._answers = False
        self.workers = workers

    def start(self, *, answers: bool = True) -> None:
        """Come alive, in the process that is to work, after any fork.

        With `answers` this process works on events; without, it only takes them in, and another
        one that shares the bell answers.
        """
        self._answers = answers
        install(self._transport)
        self._messenger.start()
        if answers:
            self.workers.start()
            if self._group_scope:
                self._group_scope.start()
            self._wakeup.listen(self.workers.wake)
            self.workers.wake()
        logger.info(
            "started pid=%d answers=%s port=%d app_id=%s feishu=%s gateway=%s",
            os.getpid(),
            answers,
            self._settings.http_port,
            self._settings.app_id,
            self._settings.feishu_domain,
            self._settings.api_url,
        )

    def stop(self) -> None:
        """Finish what can be finished in the grace time and hand the rest back."""
        if self._answers:
            self.workers.stop(self._settings.shutdown_grace)
            if self._group_scope:
                self._group_scope.stop()
        self._wakeup.close()
        self._messenger.stop()
        self._transport.close()
        self._gateway.close()
        self._database.close()
        logger.info("stopped pid=%d", os.getpid())

    def failing(self) -> list[str]:
        """The names of what doesn't work now, for /readyz."""
        checks: dict[str, Callable[[], bool | None]] = {
            "database": self._database.ping,
            "feishu": self._client.check,
            "gateway": self._check_gateway,
        }
        return [name for name, check in checks.items() if not _is_up(name, check)]

    def _check_gateway(self) -> None:
        self._gateway.check()
        # Without a model that answers, the best gateway is of no use.
        self._gateway.models.default()


def _is_up(name: str, check: Callable[[], bool | None]) -> bool:
    try:
        return check() is not False
    except BotError as exc:
        logger.warning("not ready part=%s error=%s", name, exc)
        return False


def create_app(settings: Settings) -> Flask:
    """The web application, with its `Runtime` in `app.extensions["feishu_bot"]`, not started.

    Brings the database up to date and leaves nothing open, so that it may be called before a fork.
    """
    texts: dict[Language, Catalog] = {"zh": Catalog.load("zh"), "en": Catalog.load("en")}
    language: Language = "en" if settings.language == "en" else "zh"
    database = Database(settings.database_url)
    database.migrate()
    inbox = SqlInbox(database, worker=WorkerId(), lease_seconds=settings.lease_seconds)
    conversations = SqlConversations(database, ttl_seconds=settings.conversation_ttl)
    usage = SqlUsage(database)
    chats = SqlChats(database)
    people = SqlPeople(database)
    feedback = SqlFeedback(database)
    languages = Languages(language, people, chats)
    client = FeishuClient(
        app_id=settings.app_id, app_secret=settings.app_secret, domain=settings.feishu_domain
    )
    names = FeishuUserDirectory(client)
    messenger = FeishuMessenger(
        client=client,
        pacer=Pacer(),
        texts=texts,
        language_of=languages.of,
        identity=BotIdentity(settings.app_id, name=settings.bot_name),
        threads=settings.answer_threads,
        streaming=settings.streaming,
        frame_interval=settings.frame_interval,
        reply_in_thread=settings.reply_in_thread,
        thread_choice_of=lambda chat_id: chats.settings(chat_id).reply_in_thread,
    )
    gateway = Gateway(
        api_url=settings.api_url,
        keys=settings.openai_keys,
        model=settings.openai_model,
        allowed=settings.allowed_models,
        proxy=settings.http_proxy,
        user_agent=settings.gateway_user_agent,
        first_token_timeout=settings.first_token_timeout,
        idle_timeout=settings.idle_timeout,
        answer_timeout=settings.answer_timeout,
    )
    prices = PriceList(Path(settings.prices_file) if settings.prices_file else None)
    answers = Answerer(
        inbox=inbox,
        conversations=conversations,
        chats=chats,
        model=gateway,
        messenger=messenger,
        system_prompt=settings.system_prompt,
        context_tokens=settings.context_tokens,
        footer=frozenset(settings.footer),
        prices=prices,
        context=MissingContext(conversations, FeishuMessageReader(client, settings.app_id)),
        speakers=Speakers(names),
    )
    roles = RoleList(Path(settings.roles_file) if settings.roles_file else None)
    policy = AccessPolicy(
        allowed_users=frozenset(settings.allowed_users),
        allowed_chats=frozenset(settings.allowed_chats),
        blocked_users=frozenset(settings.blocked_users),
        admins=frozenset(settings.admins),
    )
    quotas = _quotas(settings, usage, prices)
    enqueuer = Enqueuer(inbox)
    cancellation = Cancellation(inbox)
    commands = Commands([])
    answers_all = settings.group_reply == "all"
    group_scope = GroupScopeMonitor(client)
    welcome = Welcome(
        commands,
        enqueuer,
        people,
        example={"zh": texts["zh"]("welcome_example"), "en": texts["en"]("welcome_example")},
        answers_all=answers_all,
        misses_messages=group_scope.is_missing,
    )
    for family in (
        HelpCommands(commands, enqueuer),
        ResetCommands(conversations),
        RoleCommands(roles, conversations, chats, enqueuer, context_tokens=settings.context_tokens),
        ModeCommands(conversations, chats),
        ModelCommands(gateway.models, conversations, chats),
        SettingsCommands(
            conversations=conversations,
            chats=chats,
            people=people,
            models=gateway.models,
            roles=roles,
            has_admins=bool(policy.admins),
        ),
        LangCommands(people),
        BalanceCommands(gateway.balance, for_admins=bool(policy.admins)),
        UsageCommands(
            usage,
            quotas,
            names,
            currency=lambda: prices.currency,
            days_kept=settings.retention_days,
        ),
        ForgetCommands(people),
        AdminCommands(usage, people, quotas, policy, names),
        AnswerActions(enqueuer, texts[language]("continue_prompt"), conversations, gateway.models),
        StopCommands(cancellation),
        ReloadCommands(conversations),
        ExportCommands(conversations, texts),
        FeedbackCommands(feedback, conversations, enqueuer),
        welcome,
    ):
        commands.add(family)
    bot = Bot(
        inbox=inbox,
        conversations=conversations,
        people=people,
        messenger=messenger,
        answers=answers,
        commands=commands,
        enqueuer=enqueuer,
        languages=languages,
        policy=policy,
        quotas=quotas,
        greet=welcome.card,
        p2p_context=settings.p2p_context,
        answers_all=answers_all,
        log_messages=settings.log_messages,
    )

    def sweep() -> None:
        events = inbox.sweep(time.time() - INBOX_SECONDS)
        expired = time.time() - settings.retention_days * DAY
        talks = conversations.sweep(expired)
        rows = usage.sweep(expired)
        people.sweep(expired)
        feedback.sweep(expired)
        logger.info("swept events=%d conversations=%d usage=%d", events, talks, rows)

    workers = WorkerPool(
        inbox=inbox,
        handle=bot.work,
        threads=settings.answer_threads,
        lease_seconds=settings.lease_seconds,
        sweep=sweep,
    )
    wakeup = Wakeup()
    enqueuer.on_work = wakeup.ring
    bot.on_stop = cancellation.on_stop = workers.stop_message
    door = WebhookHandler(
        app_id=settings.app_id,
        encrypt_key=settings.app_encrypt_key,
        verification_token=settings.app_verification_token,
        identity=messenger.identity,
        receive=bot.receive,
        recall=bot.recall,
        act=bot.act,
        arrive=welcome.arrive,
        press=bot.press,
        clicks=CallbackResponses(texts, languages.of),
        memory=DOOR_SECONDS,
    )
    runtime = Runtime(
        settings,
        database=database,
        client=client,
        messenger=messenger,
        gateway=gateway,
        workers=workers,
        wakeup=wakeup,
        group_scope=group_scope if answers_all else None,
    )
    app = Flask(__name__)
    app.extensions["feishu_bot"] = runtime
    app.register_blueprint(feishu_views.blueprint(door.open, MAX_BODY))
    app.register_blueprint(
        health_views.blueprint(runtime.failing, _metrics if settings.metrics else None)
    )
    return app


def _quotas(settings: Settings, usage: SqlUsage, prices: PriceList) -> QuotaChecker:
    return QuotaChecker(
        usage,
        person=Quota(
            questions=settings.user_daily_questions,
            tokens=settings.user_daily_tokens,
            cost=settings.user_daily_cost,
        ),
        chat=Quota(
            questions=settings.chat_daily_questions,
            tokens=settings.chat_daily_tokens,
            cost=settings.chat_daily_cost,
        ),
        currency=lambda: prices.currency,
    )


def _metrics() -> tuple[bytes, str]:
    """What was counted, by all processes where PROMETHEUS_MULTIPROC_DIR names a folder."""
    import prometheus_client
    from prometheus_client import multiprocess

    registry = prometheus_client.REGISTRY
    if "PROMETHEUS_MULTIPROC_DIR" in os.environ:
        registry = prometheus_client.CollectorRegistry()
        multiprocess.MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    return prometheus_client.generate_latest(registry), prometheus_client.CONTENT_TYPE_LATEST
