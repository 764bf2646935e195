"""The composition root: the only place that knows every part."""

from __future__ import annotations

import time
from collections.abc import Mapping
from functools import partial

from flask import Flask

from feishu_bot import __version__, metrics, monitoring
from feishu_bot.admin_page import EditableParts, admin_page, editable_parts
from feishu_bot.bot_factory import build_bot
from feishu_bot.bot_ports import BotOptions, Ports
from feishu_bot.content.catalog import Catalog
from feishu_bot.core.access import AccessPolicy
from feishu_bot.core.administration.sessions import AdminSessions
from feishu_bot.core.alerts import AdminAlerts, NotedAlerts
from feishu_bot.core.attachments import MEGABYTE
from feishu_bot.core.call_budget.renewal import CallBudget
from feishu_bot.core.call_budget.shares import NOTHING
from feishu_bot.core.diagnosis import Doctor
from feishu_bot.core.effective_settings import EffectiveSettings
from feishu_bot.core.languages import Language
from feishu_bot.core.limits import Limits
from feishu_bot.core.messages import BotIdentity
from feishu_bot.core.queue.running_jobs import RunningJobs
from feishu_bot.core.queue.waiting_indicator import WaitingIndicator
from feishu_bot.core.queue.wakeup import Wakeup
from feishu_bot.core.queue.worker_pool import WorkerPool, always
from feishu_bot.examination import build_examination
from feishu_bot.feishu.admin_messages import FeishuAdminMessenger
from feishu_bot.feishu.api.client import FeishuClient
from feishu_bot.feishu.api.feishu_clock import FeishuClock
from feishu_bot.feishu.api.transport import PooledTransport
from feishu_bot.feishu.attachment_reader import FeishuAttachmentReader
from feishu_bot.feishu.cards.button_signer import ButtonSigner
from feishu_bot.feishu.cards.callback_response import CallbackResponses
from feishu_bot.feishu.cards.markdown.answer_parts import answer_parts
from feishu_bot.feishu.console_links import ConsoleLinks
from feishu_bot.feishu.events.time_limit import TimeLimit
from feishu_bot.feishu.events.timed_dispatcher import ANSWER_SECONDS
from feishu_bot.feishu.message_reader import FeishuMessageReader
from feishu_bot.feishu.messenger import FeishuMessenger
from feishu_bot.feishu.reactions import FeishuReactions
from feishu_bot.feishu.refusal_alerts import note_refusal
from feishu_bot.feishu.scope_monitor import GroupScopeMonitor
from feishu_bot.feishu.streaming.api_budget import ALL, WHOLE
from feishu_bot.feishu.streaming.pacer import Pacer
from feishu_bot.feishu.user_names import FeishuUserDirectory
from feishu_bot.feishu.webhook.signature import MAX_BODY
from feishu_bot.gateway_factory import build_gateway
from feishu_bot.llm import Gateway
from feishu_bot.media.reader import FileReader
from feishu_bot.media.spreadsheets import write_spreadsheet
from feishu_bot.outcomes import PartOutcomes
from feishu_bot.part_checks import note_database, note_feishu, note_gateway
from feishu_bot.runtime import Runtime
from feishu_bot.settings import Settings
from feishu_bot.stores import Database, Stores
from feishu_bot.transport_factory import (
    build_connection_alerts,
    build_dispatcher,
    build_long_connection,
    build_webhook,
)
from feishu_bot.web import feishu as feishu_views
from feishu_bot.web import health as health_views

Texts = Mapping[Language, Catalog]


def create_app(settings: Settings) -> Flask:
    """The web application, with its `Runtime` in `app.extensions["feishu_bot"]`, not started.

    Brings the database up to date and leaves nothing open, so that it may be called before a fork.
    """
    texts: Texts = {"zh": Catalog.load("zh"), "en": Catalog.load("en")}
    outcomes = PartOutcomes()
    database = Database(settings.database_url, on_outcome=partial(note_database, outcomes.database))
    database.migrate()
    editable = editable_parts(settings, database)
    stores = Stores.open(
        database,
        overrides=editable.overrides,
        lease_seconds=settings.lease_seconds,
        media_wait=settings.media_wait,
        conversation_ttl=settings.conversation_ttl,
        retention_days=settings.retention_days,
        keeps_month=lambda: any(limit.period == "month" for limit in editable.limits.current),
    )
    effective = EffectiveSettings(
        _language(settings),
        conversations=stores.conversations,
        chats=stores.chats,
        people=stores.people,
    )
    noted = NotedAlerts()
    links = ConsoleLinks(settings.feishu_domain, settings.app_id)
    client = FeishuClient(
        app_id=settings.app_id,
        app_secret=settings.app_secret,
        domain=settings.feishu_domain,
        on_refusal=partial(note_refusal, noted, links),
        on_outcome=partial(note_feishu, outcomes.feishu),
    )
    scope = GroupScopeMonitor(client)
    # One process is alone with its SQLite file, and with all that Feishu allows.
    is_alone = not database.is_shared and settings.web_concurrency == 1
    pacer, signer = Pacer(ALL if is_alone else NOTHING), ButtonSigner(settings.app_secret)
    messenger = _messenger(settings, client, stores, effective, texts, pacer=pacer, signer=signer)
    gateway = build_gateway(settings, partial(note_gateway, outcomes.gateway))
    examination = build_examination(settings, stores, gateway, noted)
    ports = _ports(
        settings,
        stores,
        gateway,
        texts,
        editable=editable,
        client=client,
        pacer=pacer,
        messenger=messenger,
        signer=signer,
        alerts=noted,
        doctor=examination.doctor,
    )
    running, wakeup = RunningJobs(), Wakeup()
    budget = None if is_alone else CallBudget(WHOLE, stores.call_budget, pacer, running)
    clock = FeishuClock()
    options = _options(settings, scope, clock, editable.limits)
    bot = build_bot(ports, options, running=running, notify=wakeup.notify)
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
    connection_alerts = build_connection_alerts(settings, stores.connection_lease, noted)
    monitors = (
        *((connection_alerts,) if connection_alerts else ()),
        *((scope,) if settings.group_reply == "all" else ()),
        *((monitoring.model_names(gateway),) if settings.metrics else ()),
        *((examination.at_start,) if examination.at_start else ()),
        examination.watch,
    )
    transport = PooledTransport(clock)
    limit = TimeLimit(ANSWER_SECONDS, threads=settings.web_threads)
    responses = CallbackResponses(texts, effective.language, signer)
    dispatcher = build_dispatcher(bot, messenger, responses, note=examination.sightings.note)
    connection = build_long_connection(settings, dispatcher, limit, stores.connection_lease)
    readiness = monitoring.readiness(
        database,
        client,
        gateway,
        settings=settings,
        outcomes=outcomes,
        texts=texts,
        connection=connection,
    )
    runtime = Runtime(
        pool=pool,
        wakeup=wakeup,
        always=(transport, editable.overrides, messenger, examination.keeper),
        answering=(*((budget,) if budget else ()), *monitors, waiting, alerts, stores.text_index),
        receiving=(connection,) if connection else (),
        readiness=readiness,
        close=(gateway.close, limit.close, database.close),
        shutdown_grace=settings.shutdown_grace,
        described={
            "port": settings.http_port,
            "transport": settings.transport,
            "app_id": settings.app_id,
            "feishu": settings.feishu_domain,
            "gateway": settings.api_url,
        },
    )
    webhook = build_webhook(
        settings,
        dispatcher,
        limit,
        knocks=examination.knocks,
        note=examination.sightings.note,
    )
    app = Flask(__name__)
    app.extensions["feishu_bot"] = runtime
    if webhook:
        app.register_blueprint(
            feishu_views.blueprint(webhook.handle, MAX_BODY, webhook.note_misdirected)
        )
    render = metrics.render if settings.metrics else None
    if render:
        monitoring.count_from_zero()
    app.register_blueprint(
        health_views.blueprint(__version__, readiness.failing, render, settings.monitoring_token)
    )
    if ports.admin_sessions.may_be_on:
        page = admin_page(
            settings,
            stores,
            ports,
            editable=editable,
            policy=options.policy,
            readiness=readiness,
            doctor=examination.doctor,
        )
        app.register_blueprint(page)
    return app


def _ports(
    settings: Settings,
    stores: Stores,
    gateway: Gateway,
    texts: Texts,
    *,
    editable: EditableParts,
    client: FeishuClient,
    pacer: Pacer,
    messenger: FeishuMessenger,
    signer: ButtonSigner,
    alerts: NotedAlerts,
    doctor: Doctor,
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
        roles=editable.roles,
        own_roles=stores.own_roles,
        audit=stores.audit,
        admin_sessions=AdminSessions(
            stores.sessions,
            stores.audit,
            password=settings.admin_password,
            admins=frozenset(settings.admins),
            has_address=bool(settings.public_url),
        ),
        prices=editable.prices,
        alerts=alerts,
        doctor=doctor,
        texts=texts,
    )


def _language(settings: Settings) -> Language:
    return "en" if settings.language == "en" else "zh"


def _options(
    settings: Settings, scope: GroupScopeMonitor, clock: FeishuClock, limits: Limits
) -> BotOptions:
    return BotOptions(
        language=_language(settings),
        p2p_context=settings.p2p_context,
        answers_all=settings.group_reply == "all",
        misses_messages=scope.is_missing,
        platform_clock=clock.now,
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
        limits=limits,
        public_url=settings.public_url,
    )


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
