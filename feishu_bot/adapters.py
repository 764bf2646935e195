"""Opens what the bot works with: database, Feishu, model service, and the texts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

from feishu_bot.content.catalog import Catalog
from feishu_bot.content.lists import open_lists
from feishu_bot.content.prices import PriceList
from feishu_bot.content.roles import RoleList
from feishu_bot.core.administration.limits_in_force import LIMIT_NAMES, LimitsInForce
from feishu_bot.core.alerts import NotedAlerts
from feishu_bot.core.call_budget.shares import NOTHING
from feishu_bot.core.effective_settings import EffectiveSettings
from feishu_bot.core.languages import Language
from feishu_bot.core.messages import BotIdentity
from feishu_bot.core.queue.waiting_cards import THREADS
from feishu_bot.feishu.api.client import FeishuClient
from feishu_bot.feishu.api.feishu_clock import FeishuClock
from feishu_bot.feishu.api.transport import PooledTransport
from feishu_bot.feishu.cards.button_signer import ButtonSigner
from feishu_bot.feishu.console_links import ConsoleLinks
from feishu_bot.feishu.messenger import FeishuMessenger
from feishu_bot.feishu.refusal_alerts import note_refusal
from feishu_bot.feishu.scope_monitor import GroupScopeMonitor
from feishu_bot.feishu.streaming.api_budget import ALL
from feishu_bot.feishu.streaming.pacer import Pacer
from feishu_bot.gateway_factory import build_gateway
from feishu_bot.llm import Gateway
from feishu_bot.outcomes import PartOutcomes
from feishu_bot.part_checks import note_database, note_feishu, note_gateway
from feishu_bot.settings import Settings
from feishu_bot.settings.values import MOST_OF_LIMITS
from feishu_bot.stores import Database, Stores
from feishu_bot.stores.overrides import SqlOverrides

Texts = Mapping[Language, Catalog]


@dataclass(frozen=True, kw_only=True)
class Adapters:
    """The adapters of one process. `is_alone` with its database, and with all that Feishu allows.

    What the parts were last seen to do is in `outcomes`, and what admins have to see to in
    `alerts`. `limits`, `roles` and `prices` follow what is changed on the administrator's page.
    """

    texts: Texts
    outcomes: PartOutcomes
    alerts: NotedAlerts
    stores: Stores
    effective: EffectiveSettings
    limits: LimitsInForce
    roles: RoleList
    prices: PriceList
    is_alone: bool
    transport: PooledTransport
    clock: FeishuClock
    client: FeishuClient
    scope: GroupScopeMonitor
    pacer: Pacer
    signer: ButtonSigner
    messenger: FeishuMessenger
    gateway: Gateway


def open_adapters(settings: Settings) -> Adapters:
    """All of them; they open no connection before they are used.

    Brings the database up to date. Raises StoreUnavailable, and SettingsError for a file.
    """
    texts: Texts = {"zh": Catalog.load("zh"), "en": Catalog.load("en")}
    outcomes, alerts = PartOutcomes(), NotedAlerts()
    database = Database(settings.database_url, on_outcome=partial(note_database, outcomes.database))
    database.migrate()
    overrides = SqlOverrides(database)
    amounts = {name: float(getattr(settings, name.lower())) for name in LIMIT_NAMES}
    limits = LimitsInForce(amounts, overrides, most=MOST_OF_LIMITS)
    stores = _stores(settings, database, overrides, limits)
    effective = EffectiveSettings(
        language_of(settings),
        conversations=stores.conversations,
        chats=stores.chats,
        people=stores.people,
    )
    roles, prices = open_lists(settings.roles_file, settings.prices_file)
    overrides.watch(lambda: roles.layer(overrides.of("role")))
    overrides.watch(lambda: prices.layer(overrides.of("price"), overrides.of("currency")))
    clock = FeishuClock()
    client = FeishuClient(
        app_id=settings.app_id,
        app_secret=settings.app_secret,
        domain=settings.feishu_domain,
        on_refusal=partial(
            note_refusal, alerts, ConsoleLinks(settings.feishu_domain, settings.app_id)
        ),
        on_outcome=partial(note_feishu, outcomes.feishu),
    )
    is_alone = not database.is_shared and settings.web_concurrency == 1
    pacer, signer = Pacer(ALL if is_alone else NOTHING), ButtonSigner(settings.app_secret)
    return Adapters(
        texts=texts,
        outcomes=outcomes,
        alerts=alerts,
        stores=stores,
        effective=effective,
        limits=limits,
        roles=roles,
        prices=prices,
        is_alone=is_alone,
        transport=PooledTransport(clock),
        clock=clock,
        client=client,
        scope=GroupScopeMonitor(client),
        pacer=pacer,
        signer=signer,
        messenger=FeishuMessenger(
            client=client,
            pacer=pacer,
            texts=texts,
            language_of=effective.language,
            identity=BotIdentity(settings.app_id, name=settings.bot_name),
            signer=signer,
            # Questions that are stopped while they wait have their cards ended beside the answers.
            threads=settings.answer_threads + THREADS,
            streaming=settings.streaming,
            frame_interval=settings.frame_interval,
            most_cards=min(filter(None, (settings.answer_cards, settings.max_cards)), default=0),
            reply_in_thread=settings.reply_in_thread,
            thread_choice_of=effective.thread_choice,
            admins=settings.admins,
        ),
        gateway=build_gateway(settings, partial(note_gateway, outcomes.gateway)),
    )


def language_of(settings: Settings) -> Language:
    """The language of notices; "auto" has become one of the two by now."""
    return "en" if settings.language == "en" else "zh"


def _stores(
    settings: Settings, database: Database, overrides: SqlOverrides, limits: LimitsInForce
) -> Stores:
    return Stores.open(
        database,
        overrides=overrides,
        lease_seconds=settings.lease_seconds,
        media_wait=settings.media_wait,
        conversation_ttl=settings.conversation_ttl,
        retention_days=settings.retention_days,
        keeps_month=lambda: any(limit.period == "month" for limit in limits.current),
    )
