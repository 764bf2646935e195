"""The composition root: the only place that knows every part."""

from __future__ import annotations

from flask import Flask

from feishu_bot import __version__, metrics, monitoring
from feishu_bot.adapters import open_adapters
from feishu_bot.admin_page import admin_page
from feishu_bot.bot_factory import build_bot
from feishu_bot.core.queue.running_jobs import RunningJobs
from feishu_bot.core.queue.wakeup import Wakeup
from feishu_bot.examination import build_examination
from feishu_bot.feishu.cards.callback_response import CallbackResponses
from feishu_bot.feishu.events.time_limit import TimeLimit
from feishu_bot.feishu.events.timed_dispatcher import ANSWER_SECONDS
from feishu_bot.feishu.webhook.signature import MAX_BODY
from feishu_bot.ports_factory import build_options, build_ports
from feishu_bot.runtime_factory import build_runtime
from feishu_bot.settings import Settings
from feishu_bot.transport_factory import build_dispatcher, build_long_connection, build_webhook
from feishu_bot.web import feishu as feishu_views
from feishu_bot.web import health as health_views


def create_app(settings: Settings) -> Flask:
    """The web application, with its `Runtime` in `app.extensions["feishu_bot"]`, not started.

    Brings the database up to date and leaves nothing open, so that it may be called before a fork.
    """
    adapters = open_adapters(settings)
    stores = adapters.stores
    examination = build_examination(settings, stores, adapters.gateway, adapters.alerts)
    ports = build_ports(settings, adapters, examination.doctor)
    options = build_options(settings, adapters)
    running, wakeup = RunningJobs(), Wakeup()
    bot = build_bot(ports, options, running=running, notify=wakeup.notify)

    note = examination.sightings.note
    limit = TimeLimit(ANSWER_SECONDS, threads=settings.web_threads)
    responses = CallbackResponses(adapters.texts, adapters.effective.language, adapters.signer)
    dispatcher = build_dispatcher(bot, adapters.messenger, responses, note=note)
    webhook = build_webhook(settings, dispatcher, limit, knocks=examination.knocks, note=note)
    connection = build_long_connection(settings, dispatcher, limit, stores.connection_lease)
    readiness = monitoring.readiness(settings, adapters, connection)

    app = Flask(__name__)
    # Or it would send whoever doubles a slash to the host that the request itself names.
    app.url_map.merge_slashes = False
    app.extensions["feishu_bot"] = build_runtime(
        settings,
        adapters,
        bot,
        running=running,
        wakeup=wakeup,
        limit=limit,
        examination=examination,
        connection=connection,
        readiness=readiness,
    )
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
            adapters,
            ports,
            options,
            readiness=readiness,
            doctor=examination.doctor,
        )
        app.register_blueprint(page)
    return app
