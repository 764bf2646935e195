"""The composition root: the only place that knows every part."""

from __future__ import annotations

import time
from collections.abc import Mapping
from functools import partial
from pathlib import Path

from flask import Flask

from feishu_bot import __version__, metrics, monitoring
from feishu_bot.bot_factory import build_bot
from feishu_bot.bot_ports import BotOptions, Ports
from feishu_bot.content.catalog import Catalog
from feishu_bot.content.prices import PriceList
from feishu_bot.content.roles import RoleList
from feishu_bot.core.access import AccessPolicy
from feishu_bot.core.alerts import AdminAlerts, NotedAlerts
from feishu_bot.core.attachments import MEGABYTE
from feishu_bot.core.bot import Bot
from feishu_bot.core.call_budget.renewal import CallBudget
from feishu_bot.core.call_budget.shares import NOTHING
from feishu_bot.core.effective_settings import EffectiveSettings
from feishu_bot.core.languages import Language
from feishu_bot.core.limits import Limit, Period, Quota, Whose
from feishu_bot.core.messages import BotIdentity
from feishu_bot.core.queue.running_jobs import RunningJobs
from feishu_bot.core.queue.waiting_indicator import WaitingIndicator
from feishu_bot.core.queue.wakeup import Wakeup
from feishu_bot.core.queue.worker_pool import WorkerPool, always
from feishu_bot.feishu.admin_messages import FeishuAdminMessenger
from feishu_bot.feishu.api.client import FeishuClient
from feishu_bot.feishu.api.transport import PooledTransport
from feishu_bot.feishu.attachment_reader import FeishuAttachmentReader
from feishu_bot.feishu.cards.button_signer import ButtonSigner
from feishu_bot.feishu.cards.callback_response import CallbackResponses
from feishu_bot.feishu.cards.markdown.answer_parts import answer_parts
from feishu_bot.feishu.message_reader import FeishuMessageReader
from feishu_bot.feishu.messenger import FeishuMessenger
from feishu_bot.feishu.reactions import FeishuReactions
from feishu_bot.feishu.refusal_alerts import note_refusal
from feishu_bot.feishu.scope_monitor import GroupScopeMonitor
from feishu_bot.feishu.streaming.api_budget import ALL, WHOLE
from feishu_bot.feishu.streaming.pacer import Pacer
from feishu_bot.feishu.user_names import FeishuUserDirectory
from feishu_bot.feishu.webhook.dispatcher import EventDispatcher
from feishu_bot.feishu.webhook.handler import ANSWER_SECONDS, WebhookHandler
from feishu_bot.feishu.webhook.signature import MAX_BODY, SignatureVerifier
from feishu_bot.feishu.webhook.time_limit import TimeLimit
from feishu_bot.gateway_factory import build_gateway
from feishu_bot.llm import Gateway
from feishu_bot.media.reader import FileReader
from feishu_bot.media.spreadsheets import write_spreadsheet
from feishu_bot.memory import MemoryTrim
from feishu_bot.outcomes import PartOutcomes
from feishu_bot.part_checks import note_database, note_feishu, note_gateway
from feishu_bot.runtime import Runtime
from feishu_bot.settings import Settings
from feishu_bot.stores import Database, Stores
from feishu_bot.web import feishu as feishu_views
from feishu_bot.web import health as health_views

Texts = Mapping[Language, Catalog]

# How old a request may be: less than the inbox remembers.
MAX_AGE = 1.5 * 24 * 3600.0


def create_app(settings: Settings) -> Flask:
    """The web application, with its `Runtime` in `app.extensions["feishu_bot"]`, not started.

    Brings the database up to date and leaves nothing open, so that it may be called before a fork.
    """
    texts: Texts = {"zh": Catalog.load("zh"), "en": Catalog.load("en")}
    outcomes = PartOutcomes()
    database = Database(settings.database_url, on_outcome=partial(note_database, outcomes.database))
    database.migrate()
    stores = Stores.open(
        database,
        lease_seconds=settings.lease_seconds,
        media_wait=settings.media_wait,
        conversation_ttl=settings.conversation_ttl,
        retention_days=settings.retention_days,
        keeps_month=any(limit.period == "month" for limit in _limits(settings)),
    )
    effective = EffectiveSettings(
        _language(settings),
        conversations=stores.conversations,
        chats=stores.chats,
        people=stores.people,
    )
    noted = NotedAlerts()
    client = FeishuClient(
        app_id=settings.app_id,
        app_secret=settings.app_secret,
        domain=settings.feishu_domain,
        on_refusal=partial(note_refusal, noted),
        on_outcome=partial(note_feishu, outcomes.feishu),
    )
    scope = GroupScopeMonitor(client)
    # One process is alone with its SQLite file, and with all that Feishu allows.
    is_alone = not database.is_shared and settings.web_concurrency == 1
    pacer, signer = Pacer(ALL if is_alone else NOTHING), ButtonSigner(settings.app_secret)
    messenger = _messenger(settings, client, stores, effective, texts, pacer=pacer, signer=signer)
    gateway = build_gateway(settings, partial(note_gateway, outcomes.gateway))
    ports = _ports(
        settings,
        stores,
        gateway,
        texts,
        client=client,
        pacer=pacer,
        messenger=messenger,
        signer=signer,
        alerts=noted,
    )
    running, wakeup = RunningJobs(), Wakeup()
    budget = None if is_alone else CallBudget(WHOLE, stores.call_budget, pacer, running)
    bot = build_bot(ports, _options(settings, scope), running=running, notify=wakeup.notify)
    pool = WorkerPool(
        queue=stores.inbox,
        running=running,
        handle=bot.work,
        threads=settings.answer_threads,
        lease_seconds=settings.lease_seconds,
        may_begin=budget.may_begin if budget else always,
        sweep=lambda rest: stores.sweep(time.time(), rest),
    )
    reactions = FeishuReactions(client, pacer, settings.app_id)
    waiting = WaitingIndicator(stores.waiting, reactions, running)
    to_admins = FeishuAdminMessenger(client, pacer, texts, effective.language)
    alerts = AdminAlerts(noted, stores.alerts, to_admins, settings.admins)
    monitors = (
        *((scope,) if settings.group_reply == "all" else ()),
        *((monitoring.model_names(gateway),) if settings.metrics else ()),
    )
    transport = PooledTransport()
    limit = TimeLimit(ANSWER_SECONDS, threads=settings.web_threads)
    readiness = monitoring.readiness(
        database, client, gateway, settings=settings, outcomes=outcomes, texts=texts
    )
    runtime = Runtime(
        pool=pool,
        wakeup=wakeup,
        always=(transport, messenger),
        answering=(
            *((budget,) if budget else ()),
            *monitors,
            waiting,
            alerts,
            stores.text_index,
            MemoryTrim(),
        ),
        readiness=readiness,
        close=(gateway.close, limit.close, database.close),
        shutdown_grace=settings.shutdown_grace,
        described={
            "port": settings.http_port,
            "app_id": settings.app_id,
            "feishu": settings.feishu_domain,
            "gateway": settings.api_url,
        },
    )
    responses = CallbackResponses(texts, effective.language, signer)
    webhook = _webhook(settings, bot, messenger, responses, limit)
    app = Flask(__name__)
    app.extensions["feishu_bot"] = runtime
    app.register_blueprint(feishu_views.blueprint(webhook.handle, MAX_BODY))
    render = metrics.render if settings.metrics else None
    if render:
        monitoring.count_from_zero()
    app.register_blueprint(
        health_views.blueprint(__version__, readiness.failing, render, settings.monitoring_token)
    )
    return app


def _ports(
    settings: Settings,
    stores: Stores,
    gateway: Gateway,
    texts: Texts,
    *,
    client: FeishuClient,
    pacer: Pacer,
    messenger: FeishuMessenger,
    signer: ButtonSigner,
    alerts: NotedAlerts,
) -> Ports:
    files = FileReader()
    return Ports(
        inbox=stores.inbox,
        conversations=stores.conversations,
        chats=stores.chats,
        people=stores.people,
        usage=stores.usage,
        reservations=stores.reservations,
        feedback=stores.feedback,
        history=stores.history,
        messenger=messenger,
        signer=signer,
        names=FeishuUserDirectory(client),
        reader=FeishuMessageReader(client, settings.app_id),
        attachments=FeishuAttachmentReader(client, pacer),
        documents=files,
        pictures=files,
        transcriber=gateway.media.transcription,
        speech=gateway.media.speech,
        public_files=gateway.media.files,
        parse_answer=answer_parts,
        write_spreadsheet=write_spreadsheet,
        model=gateway,
        sight=gateway,
        drawing=gateway.media.pictures,
        models=gateway.models,
        balance=gateway.balance,
        roles=RoleList(Path(settings.roles_file) if settings.roles_file else None),
        own_roles=stores.own_roles,
        prices=PriceList(Path(settings.prices_file) if settings.prices_file else None),
        alerts=alerts,
        texts=texts,
    )


def _language(settings: Settings) -> Language:
    return "en" if settings.language == "en" else "zh"


def _options(settings: Settings, scope: GroupScopeMonitor) -> BotOptions:
    return BotOptions(
        language=_language(settings),
        p2p_context=settings.p2p_context,
        answers_all=settings.group_reply == "all",
        misses_messages=scope.is_missing,
        log_messages=settings.log_messages,
        system_prompt=settings.system_prompt,
        context_tokens=settings.context_tokens,
        most_file_bytes=settings.max_file_mb * MEGABYTE,
        most_audio_seconds=settings.max_audio_minutes * 60.0,
        most_picture_bytes=settings.max_image_mb * MEGABYTE,
        vision_model=settings.vision_model,
        max_cards=settings.max_cards,
        transcription_language=settings.transcription_language,
        voice_reply=settings.voice_reply,
        voice_long=settings.voice_long,
        voice=settings.speech_voice,
        images_in_answers=settings.images_in_answers,
        footer=frozenset(settings.footer),
        # They are put under an answer that is shown already, which takes a card that can be edited.
        suggestions=settings.suggestions and settings.streaming,
        suggestions_model=settings.suggestions_model,
        retention_days=settings.retention_days,
        title_model=settings.title_model,
        policy=AccessPolicy(
            allowed_users=frozenset(settings.allowed_users),
            allowed_chats=frozenset(settings.allowed_chats),
            blocked_users=frozenset(settings.blocked_users),
            admins=frozenset(settings.admins),
        ),
        limits=_limits(settings),
    )


def _limits(settings: Settings) -> tuple[Limit, ...]:
    """Those that are set."""
    whose: dict[Whose, str] = {"person": "user", "chat": "chat", "company": "company"}
    periods: dict[Period, str] = {"day": "daily", "month": "monthly"}
    limits = (
        Limit(
            whose=who,
            period=period,
            quota=Quota(
                questions=getattr(settings, f"{prefix}_{often}_questions"),
                tokens=getattr(settings, f"{prefix}_{often}_tokens"),
                cost=getattr(settings, f"{prefix}_{often}_cost"),
            ),
        )
        for who, prefix in whose.items()
        for period, often in periods.items()
    )
    return tuple(limit for limit in limits if limit.quota)


def _messenger(
    settings: Settings,
    client: FeishuClient,
    stores: Stores,
    effective: EffectiveSettings,
    texts: Texts,
    *,
    pacer: Pacer,
    signer: ButtonSigner,
) -> FeishuMessenger:
    return FeishuMessenger(
        client=client,
        pacer=pacer,
        texts=texts,
        language_of=effective.language,
        identity=BotIdentity(settings.app_id, name=settings.bot_name),
        signer=signer,
        threads=settings.answer_threads,
        streaming=settings.streaming,
        frame_interval=settings.frame_interval,
        most_cards=min(filter(None, (settings.answer_cards, settings.max_cards)), default=0),
        reply_in_thread=settings.reply_in_thread,
        thread_choice_of=lambda chat_id: stores.chats.settings(chat_id).reply_in_thread,
        admins=settings.admins,
    )


def _webhook(
    settings: Settings,
    bot: Bot,
    messenger: FeishuMessenger,
    responses: CallbackResponses,
    limit: TimeLimit,
) -> WebhookHandler:
    verifier = SignatureVerifier(
        app_id=settings.app_id,
        encrypt_key=settings.app_encrypt_key,
        verification_token=settings.app_verification_token,
        max_age=MAX_AGE,
        legacy_cards=settings.legacy_card_callbacks,
    )
    dispatcher = EventDispatcher(
        identity=messenger.identity,
        receive=bot.receive,
        edit=bot.edit,
        recall=bot.recall,
        on_card_action=bot.click,
        on_chat_joined=bot.join,
        on_menu_click=bot.click_menu,
        responses=responses,
    )
    return WebhookHandler(verifier, dispatcher, limit)
