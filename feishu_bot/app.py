"""The composition root: the only place that knows every part."""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Callable
from pathlib import Path

from flask import Flask

from feishu_bot.content.prices import PriceList
from feishu_bot.content.roles import RoleList
from feishu_bot.content.texts import Texts
from feishu_bot.core.access import Rules
from feishu_bot.core.answers import Answers
from feishu_bot.core.background import Background
from feishu_bot.core.bell import Bell
from feishu_bot.core.bot import Bot
from feishu_bot.core.clicks import Later
from feishu_bot.core.commands.admin import Admin
from feishu_bot.core.commands.answering import Answering
from feishu_bot.core.commands.balance import Balances
from feishu_bot.core.commands.branches import Branches
from feishu_bot.core.commands.chat_settings import ChatSettings
from feishu_bot.core.commands.export import Export
from feishu_bot.core.commands.feedback import Feedback
from feishu_bot.core.commands.help import Help
from feishu_bot.core.commands.languages import LanguageChoice
from feishu_bot.core.commands.models import ModelChoice
from feishu_bot.core.commands.modes import Modes
from feishu_bot.core.commands.privacy import Privacy
from feishu_bot.core.commands.registry import Commands
from feishu_bot.core.commands.roles import RolePlay
from feishu_bot.core.commands.stopping import Stopping
from feishu_bot.core.commands.topics import Topics
from feishu_bot.core.commands.usage import UsageCards
from feishu_bot.core.languages import Languages
from feishu_bot.core.limits import Limits, Quota
from feishu_bot.core.models import BotIdentity, Language
from feishu_bot.core.speakers import Speakers
from feishu_bot.core.stops import Stops
from feishu_bot.core.welcome import Welcome
from feishu_bot.core.workers import Workers
from feishu_bot.errors import BotError
from feishu_bot.feishu.archive import FeishuArchive
from feishu_bot.feishu.click_answers import ClickAnswers
from feishu_bot.feishu.client import FeishuClient
from feishu_bot.feishu.messenger import FeishuMessenger
from feishu_bot.feishu.names import FeishuNames
from feishu_bot.feishu.pacer import Pacer
from feishu_bot.feishu.scopes import GroupScope
from feishu_bot.feishu.transport import PooledTransport, install
from feishu_bot.feishu.webhook import MAX_BODY, Door
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
        workers: Workers,
        bell: Bell,
        group_scope: GroupScope | None = None,
    ) -> None:
        self._settings = settings
        self._database = database
        self._client = client
        self._messenger = messenger
        self._gateway = gateway
        self._transport = PooledTransport()
        self._bell = bell
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
            self._bell.listen(self.workers.wake)
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
        self._bell.close()
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
    texts: dict[Language, Texts] = {"zh": Texts.load("zh"), "en": Texts.load("en")}
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
    names = FeishuNames(client)
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
    answers = Answers(
        inbox=inbox,
        conversations=conversations,
        chats=chats,
        model=gateway,
        messenger=messenger,
        system_prompt=settings.system_prompt,
        context_tokens=settings.context_tokens,
        footer=frozenset(settings.footer),
        prices=prices,
        background=Background(conversations, FeishuArchive(client, settings.app_id)),
        speakers=Speakers(names),
    )
    roles = RoleList(Path(settings.roles_file) if settings.roles_file else None)
    rules = Rules(
        allowed_users=frozenset(settings.allowed_users),
        allowed_chats=frozenset(settings.allowed_chats),
        blocked_users=frozenset(settings.blocked_users),
        admins=frozenset(settings.admins),
    )
    limits = _limits(settings, usage, prices)
    later = Later(inbox)
    stops = Stops(inbox)
    commands = Commands([])
    answers_all = settings.group_reply == "all"
    group_scope = GroupScope(client)
    welcome = Welcome(
        commands,
        later,
        people,
        example={"zh": texts["zh"]("welcome_example"), "en": texts["en"]("welcome_example")},
        answers_all=answers_all,
        misses_messages=group_scope.is_missing,
    )
    for family in (
        Help(commands, later),
        Topics(conversations),
        RolePlay(roles, conversations, chats, later, context_tokens=settings.context_tokens),
        Modes(conversations, chats),
        ModelChoice(gateway.models, conversations, chats),
        ChatSettings(
            conversations=conversations,
            chats=chats,
            people=people,
            models=gateway.models,
            roles=roles,
            has_admins=bool(rules.admins),
        ),
        LanguageChoice(people),
        Balances(gateway.balance, for_admins=bool(rules.admins)),
        UsageCards(
            usage,
            limits,
            names,
            currency=lambda: prices.currency,
            days_kept=settings.retention_days,
        ),
        Privacy(people),
        Admin(usage, people, limits, rules, names),
        Answering(later, texts[language]("continue_prompt"), conversations, gateway.models),
        Stopping(stops),
        Branches(conversations),
        Export(conversations, texts),
        Feedback(feedback, conversations, later),
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
        later=later,
        languages=languages,
        rules=rules,
        limits=limits,
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

    workers = Workers(
        inbox=inbox,
        handle=bot.work,
        threads=settings.answer_threads,
        lease_seconds=settings.lease_seconds,
        sweep=sweep,
    )
    bell = Bell()
    later.on_work = bell.ring
    bot.on_stop = stops.on_stop = workers.stop_message
    door = Door(
        app_id=settings.app_id,
        encrypt_key=settings.app_encrypt_key,
        verification_token=settings.app_verification_token,
        identity=messenger.identity,
        receive=bot.receive,
        recall=bot.recall,
        act=bot.act,
        arrive=welcome.arrive,
        press=bot.press,
        clicks=ClickAnswers(texts, languages.of),
        memory=DOOR_SECONDS,
    )
    runtime = Runtime(
        settings,
        database=database,
        client=client,
        messenger=messenger,
        gateway=gateway,
        workers=workers,
        bell=bell,
        group_scope=group_scope if answers_all else None,
    )
    app = Flask(__name__)
    app.extensions["feishu_bot"] = runtime
    app.register_blueprint(feishu_views.blueprint(door.open, MAX_BODY))
    app.register_blueprint(
        health_views.blueprint(runtime.failing, _metrics if settings.metrics else None)
    )
    return app


def _limits(settings: Settings, usage: SqlUsage, prices: PriceList) -> Limits:
    return Limits(
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
