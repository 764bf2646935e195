"""Makes the two ways in: the webhook, and the long connection. Both feed one dispatcher."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from feishu_bot.core.alerts import AlertSink
from feishu_bot.core.bot import Bot
from feishu_bot.core.exclusive_lease import ExclusiveLease, LeaseStore
from feishu_bot.core.long_connection import ConnectionState
from feishu_bot.feishu.cards.callback_response import CallbackResponses
from feishu_bot.feishu.events.dispatcher import EventDispatcher
from feishu_bot.feishu.events.time_limit import TimeLimit
from feishu_bot.feishu.events.timed_dispatcher import TimedDispatcher
from feishu_bot.feishu.long_connection.alerts import ConnectionAlerts
from feishu_bot.feishu.messenger import FeishuMessenger
from feishu_bot.feishu.webhook.handler import WebhookHandler
from feishu_bot.feishu.webhook.knock import KnockAnswers
from feishu_bot.feishu.webhook.signature import SignatureVerifier
from feishu_bot.settings import Settings

if TYPE_CHECKING:
    from feishu_bot.feishu.long_connection.client import LongConnection

# How old a request may be: less than the inbox remembers.
MAX_AGE = 1.5 * 24 * 3600.0


def build_dispatcher(
    bot: Bot,
    messenger: FeishuMessenger,
    responses: CallbackResponses,
    *,
    note: Callable[[str], None],
) -> EventDispatcher:
    """Hands each event to the bot; `note` is told the name of what has come."""
    return EventDispatcher(
        identity=messenger.identity,
        receive=bot.receive,
        edit=bot.edit,
        recall=bot.recall,
        on_card_action=bot.click,
        on_chat_joined=bot.join,
        on_menu_click=bot.click_menu,
        responses=responses,
        note=note,
    )


def build_webhook(
    settings: Settings,
    dispatcher: EventDispatcher,
    limit: TimeLimit,
    *,
    knocks: KnockAnswers,
    note: Callable[[str], None],
) -> WebhookHandler | None:
    """The handler of the webhook; None without its keys: then anybody could sign what comes.

    `knocks` answers what we send to ourselves; `note` is told what was seen, by name.
    """
    if not (settings.app_encrypt_key and settings.app_verification_token):
        return None
    verifier = SignatureVerifier(
        app_id=settings.app_id,
        encrypt_key=settings.app_encrypt_key,
        verification_token=settings.app_verification_token,
        max_age=MAX_AGE,
        legacy_cards=settings.legacy_card_callbacks,
    )
    return WebhookHandler(verifier, dispatcher, limit, knocks=knocks, note=note)


def build_long_connection(
    settings: Settings, dispatcher: EventDispatcher, limit: TimeLimit, lease: LeaseStore
) -> LongConnection | None:
    """The app's long connection, not started; None where events come to the webhook."""
    if settings.transport != "long_connection":
        return None
    # They bring websockets along.
    from feishu_bot.feishu.long_connection.client import LongConnection
    from feishu_bot.feishu.long_connection.delivery import DeliveryHandler
    from feishu_bot.feishu.long_connection.endpoint import EndpointClient
    from feishu_bot.feishu.long_connection.late_events import LateEvents

    late_events = LateEvents()
    timed = TimedDispatcher(dispatcher, limit)
    return LongConnection(
        endpoint=EndpointClient(
            app_id=settings.app_id,
            app_secret=settings.app_secret,
            domain=settings.feishu_domain,
        ),
        lease=ExclusiveLease(lease),
        answer=DeliveryHandler(timed, late_events, settings.app_id).answer,
        late_events=late_events,
        domain=settings.feishu_domain,
    )


def build_connection_alerts(
    settings: Settings, lease: LeaseStore, sink: AlertSink
) -> ConnectionAlerts | None:
    """Tells the administrators of the long connection; None where there is none."""
    if settings.transport != "long_connection":
        return None
    return ConnectionAlerts(lambda: ConnectionState.from_json(lease.read_note()), sink)
