"""Connects the administrator's page with the bot."""

from __future__ import annotations

import hashlib
import hmac
import os
import time
from collections.abc import Callable
from functools import partial

from flask import Blueprint

from feishu_bot import __version__
from feishu_bot.adapters import Adapters
from feishu_bot.bot_ports import BotOptions, Ports
from feishu_bot.content.catalog import Catalog
from feishu_bot.core.administration.administration import Administration
from feishu_bot.core.administration.changes import AdminChanges
from feishu_bot.core.administration.login_throttle import LoginThrottle
from feishu_bot.core.administration.state import BotState, PartState, Queue, SettingShown
from feishu_bot.core.commands.role_cards import chosen_card
from feishu_bot.core.quotas import QuotaChecker
from feishu_bot.errors import SettingsError, StoreUnavailable
from feishu_bot.feishu.cards.localizer import resolve_text
from feishu_bot.readiness import STARTING, Readiness
from feishu_bot.settings import FILE_VARIABLE, Settings, read_environment
from feishu_bot.settings.shown import shown_settings
from feishu_bot.setup.doctor.doctor import SystemDoctor
from feishu_bot.stores.queue_state import QueueReader
from feishu_bot.web.admin.blueprint import blueprint


def admin_page(
    settings: Settings,
    adapters: Adapters,
    ports: Ports,
    options: BotOptions,
    *,
    readiness: Readiness,
    doctor: SystemDoctor,
) -> Blueprint:
    """The page over these parts of the bot, which it shows and changes."""
    stores, texts = adapters.stores, adapters.texts
    limits, prices, roles = adapters.limits, adapters.prices, adapters.roles
    changes = AdminChanges(
        overrides=stores.overrides,
        audit=stores.audit,
        limits=limits,
        usage=stores.usage,
        people=stores.people,
        policy=options.policy,
        prices=prices,
        roles=roles,
    )
    started_at, queue = time.time(), QueueReader(stores.database)
    administration = Administration(
        sessions=ports.admin_sessions,
        throttle=LoginThrottle(stores.login_tries),
        changes=changes,
        reports=stores.reports,
        audit=stores.audit,
        limits=limits,
        quotas=QuotaChecker(stores.reservations, limits=limits, currency=lambda: prices.currency),
        usage=stores.usage,
        names=ports.names,
        models=ports.models,
        prices=prices,
        roles=roles,
        state=lambda: _state(settings, readiness, queue, started_at),
        doctor=doctor,
        latest_report=doctor.latest,
        settings=lambda: _settings(settings),
        words={"zh": partial(resolve_text, texts["zh"]), "en": partial(resolve_text, texts["en"])},
        titles={"zh": _titles(texts["zh"]), "en": _titles(texts["en"])},
        role_card=lambda role: chosen_card(role, once="", for_chat=True),
        system_prompt=settings.system_prompt,
        days_kept=settings.retention_days,
        public_url=settings.public_url,
        device_key=hmac.digest(settings.app_secret.encode(), b"admin device", hashlib.sha256),
        clock=time.time,
    )
    return blueprint(administration)


def _titles(texts: Catalog) -> Callable[[str], str]:
    def title(kind: str) -> str:
        try:
            notice = texts.notice(kind)
        except KeyError:
            # A kind of its own, or one that a newer version has stored.
            return kind
        return notice.title or notice.what

    return title


def _state(
    settings: Settings, readiness: Readiness, queue: QueueReader, started_at: float
) -> BotState:
    failing = readiness.failing()
    parts = tuple(
        PartState(
            check.name, check.title, None if STARTING in failing else check.name not in failing
        )
        for check in readiness.checks
    )
    try:
        seen = queue.read()
    except StoreUnavailable:
        found = None
    else:
        found = Queue(
            waiting=seen.waiting, running=seen.running, oldest_seconds=seen.oldest_seconds
        )
    return BotState(
        version=__version__,
        transport=settings.transport,
        started_at=started_at,
        parts=parts,
        queue=found,
    )


def _settings(settings: Settings) -> list[SettingShown]:
    """The settings, each with where it is from; the file is read as it is now."""
    try:
        # Of the environment only where the set-up's file is.
        file = read_environment(environ={FILE_VARIABLE: os.environ.get(FILE_VARIABLE, "")})
    except SettingsError:
        file = {}
    return [SettingShown(*shown) for shown in shown_settings(settings, os.environ, file)]
