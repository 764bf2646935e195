"""The composition root: the only place that knows every part."""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Callable

from flask import Flask

from feishu_bot.content.texts import Texts
from feishu_bot.core.answers import Answers
from feishu_bot.core.bell import Bell
from feishu_bot.core.bot import Bot
from feishu_bot.core.models import BotIdentity
from feishu_bot.core.workers import Workers
from feishu_bot.errors import BotError
from feishu_bot.feishu.client import FeishuClient
from feishu_bot.feishu.messenger import FeishuMessenger
from feishu_bot.feishu.pacer import Pacer
from feishu_bot.feishu.transport import PooledTransport, install
from feishu_bot.feishu.webhook import MAX_BODY, Door
from feishu_bot.llm import Gateway
from feishu_bot.settings import Settings
from feishu_bot.stores import Database, SqlConversations, SqlInbox, SqlUsage, WorkerId
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
    ) -> None:
        self._settings = settings
        self._database = database
        self._client = client
        self._messenger = messenger
        self._gateway = gateway
        self._transport = PooledTransport()
        self._bell = bell
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
    texts = Texts.load("en" if settings.language == "en" else "zh")
    database = Database(settings.database_url)
    database.migrate()
    inbox = SqlInbox(database, worker=WorkerId(), lease_seconds=settings.lease_seconds)
    conversations = SqlConversations(database, ttl_seconds=settings.conversation_ttl)
    usage = SqlUsage(database)
    client = FeishuClient(
        app_id=settings.app_id, app_secret=settings.app_secret, domain=settings.feishu_domain
    )
    messenger = FeishuMessenger(
        client=client,
        pacer=Pacer(),
        texts=texts,
        identity=BotIdentity(settings.app_id, name=settings.bot_name),
        threads=settings.answer_threads,
        streaming=settings.streaming,
        frame_interval=settings.frame_interval,
        reply_in_thread=settings.reply_in_thread,
    )
    gateway = Gateway(
        api_url=settings.api_url,
        keys=settings.openai_keys,
        model=settings.openai_model,
        proxy=settings.http_proxy,
        user_agent=settings.gateway_user_agent,
        first_token_timeout=settings.first_token_timeout,
        idle_timeout=settings.idle_timeout,
        answer_timeout=settings.answer_timeout,
    )
    answers = Answers(
        inbox=inbox,
        conversations=conversations,
        model=gateway,
        messenger=messenger,
        system_prompt=settings.system_prompt,
        context_tokens=settings.context_tokens,
        footer=frozenset(settings.footer),
    )
    bot = Bot(
        inbox=inbox,
        conversations=conversations,
        messenger=messenger,
        answers=answers,
        continue_prompt=texts("continue_prompt"),
        p2p_context=settings.p2p_context,
        log_messages=settings.log_messages,
    )

    def sweep() -> None:
        events = inbox.sweep(time.time() - INBOX_SECONDS)
        expired = time.time() - settings.retention_days * DAY
        talks = conversations.sweep(expired)
        rows = usage.sweep(expired)
        logger.info("swept events=%d conversations=%d usage=%d", events, talks, rows)

    workers = Workers(
        inbox=inbox,
        handle=bot.work,
        threads=settings.answer_threads,
        lease_seconds=settings.lease_seconds,
        sweep=sweep,
    )
    bell = Bell()
    bot.on_work = bell.ring
    bot.on_stop = workers.stop_message
    door = Door(
        app_id=settings.app_id,
        encrypt_key=settings.app_encrypt_key,
        verification_token=settings.app_verification_token,
        identity=messenger.identity,
        receive=bot.receive,
        recall=bot.recall,
        act=bot.act,
        texts=texts,
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
    )
    app = Flask(__name__)
    app.extensions["feishu_bot"] = runtime
    app.register_blueprint(feishu_views.blueprint(door.open, MAX_BODY))
    app.register_blueprint(
        health_views.blueprint(runtime.failing, _metrics if settings.metrics else None)
    )
    return app


def _metrics() -> tuple[bytes, str]:
    """What was counted, by all processes where PROMETHEUS_MULTIPROC_DIR names a folder."""
    import prometheus_client
    from prometheus_client import multiprocess

    registry = prometheus_client.REGISTRY
    if "PROMETHEUS_MULTIPROC_DIR" in os.environ:
        registry = prometheus_client.CollectorRegistry()
        multiprocess.MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    return prometheus_client.generate_latest(registry), prometheus_client.CONTENT_TYPE_LATEST
