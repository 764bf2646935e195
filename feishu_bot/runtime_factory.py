"""Puts together what lives in a process: the worker pool, and what goes on beside it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import TYPE_CHECKING

from feishu_bot import monitoring
from feishu_bot.adapters import Adapters
from feishu_bot.connection_warmer import ConnectionWarmer
from feishu_bot.core.alerts import AdminAlerts
from feishu_bot.core.bot import Bot
from feishu_bot.core.call_budget.renewal import CallBudget
from feishu_bot.core.queue.running_jobs import RunningJobs
from feishu_bot.core.queue.waiting_cards import WaitingCards
from feishu_bot.core.queue.waiting_indicator import WaitingIndicator
from feishu_bot.core.queue.wakeup import Wakeup
from feishu_bot.core.queue.worker_pool import WorkerPool, always
from feishu_bot.examination import Examination
from feishu_bot.feishu.admin_messages import FeishuAdminMessenger
from feishu_bot.feishu.events.time_limit import TimeLimit
from feishu_bot.feishu.reactions import FeishuReactions
from feishu_bot.feishu.streaming.api_budget import WHOLE
from feishu_bot.memory import MemoryTrim
from feishu_bot.readiness import Readiness
from feishu_bot.runtime import Part, Runtime
from feishu_bot.settings import Settings
from feishu_bot.transport_factory import build_connection_alerts

if TYPE_CHECKING:
    from feishu_bot.feishu.long_connection.client import LongConnection


def build_runtime(
    settings: Settings,
    adapters: Adapters,
    bot: Bot,
    *,
    running: RunningJobs,
    wakeup: Wakeup,
    limit: TimeLimit,
    examination: Examination,
    connection: LongConnection | None,
    readiness: Readiness,
) -> Runtime:
    """All parts of a process, not started. `running` and `wakeup` are those of the bot."""
    stores = adapters.stores
    budget = (
        None
        if adapters.is_alone
        else CallBudget(WHOLE, stores.call_budget, adapters.pacer, running)
    )
    pool = WorkerPool(
        queue=stores.inbox,
        running=running,
        handle=bot.work,
        threads=settings.answer_threads,
        lease_seconds=settings.lease_seconds,
        may_begin=budget.may_begin if budget else always,
        may_send=adapters.messenger.may_send,
        sweep=lambda rest: stores.sweep(time.time(), rest),
    )
    warmers = _warmers(settings, adapters)
    return Runtime(
        pool=pool,
        wakeup=wakeup,
        always=(adapters.transport, stores.overrides, adapters.messenger, examination.keeper),
        answering=(
            *((budget,) if budget else ()),
            *_monitors(settings, adapters, examination),
            *warmers,
            *_waiting(settings, adapters, bot, running, pool),
            _alerts(settings, adapters),
            stores.text_index,
            MemoryTrim(),
        ),
        receiving=(connection,) if connection else (),
        expect=tuple(warmer.expect for warmer in warmers),
        readiness=readiness,
        close=(adapters.gateway.close, limit.close, stores.database.close),
        shutdown_grace=settings.shutdown_grace,
        described={
            "port": settings.http_port,
            "app_id": settings.app_id,
            "feishu": settings.feishu_domain,
            "gateway": settings.api_url,
        },
    )


def _monitors(settings: Settings, adapters: Adapters, examination: Examination) -> Iterator[Part]:
    """What looks at the bot from time to time."""
    lease = adapters.stores.connection_lease
    if connection_alerts := build_connection_alerts(settings, lease, adapters.alerts):
        yield connection_alerts
    if settings.group_reply == "all":
        yield adapters.scope
    if settings.metrics:
        yield monitoring.model_names(adapters.gateway)
    if examination.at_start:
        yield examination.at_start
    yield examination.watch


def _warmers(settings: Settings, adapters: Adapters) -> tuple[ConnectionWarmer, ...]:
    transport, gateway = adapters.transport, adapters.gateway

    def warm_feishu() -> None:
        adapters.client.check()
        transport.warm(settings.feishu_domain)

    return (
        ConnectionWarmer("feishu", warm_feishu, transport.idle),
        ConnectionWarmer("model", gateway.warm, gateway.idle),
    )


def _waiting(
    settings: Settings, adapters: Adapters, bot: Bot, running: RunningJobs, pool: WorkerPool
) -> tuple[Part, ...]:
    """What tells people that their question waits."""
    cards = WaitingCards(
        queue=adapters.stores.inbox,
        running=running,
        threads=settings.answer_threads,
        lease_seconds=settings.lease_seconds,
        show=bot.waiting_answers.show,
        work=bot.work,
        has_room=adapters.messenger.has_room,
        wake=pool.wake,
    )
    reactions = FeishuReactions(adapters.client, adapters.pacer, settings.app_id)
    indicator = WaitingIndicator(
        adapters.stores.waiting,
        reactions,
        running,
        show_cards=cards.look,
        message_room=adapters.messenger.message_room,
    )
    return cards, indicator


def _alerts(settings: Settings, adapters: Adapters) -> AdminAlerts:
    to_admins = FeishuAdminMessenger(
        adapters.client, adapters.pacer, adapters.texts, adapters.effective.language
    )
    return AdminAlerts(adapters.alerts, adapters.stores.alerts, to_admins, settings.admins)
