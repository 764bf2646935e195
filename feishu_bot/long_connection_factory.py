"""Makes the long connection; imported only where there is one, since it brings websockets along."""

from __future__ import annotations

from feishu_bot.core.exclusive_lease import ExclusiveLease, LeaseStore
from feishu_bot.feishu.events.timed_dispatcher import TimedDispatcher
from feishu_bot.feishu.long_connection.client import LongConnection
from feishu_bot.feishu.long_connection.delivery import DeliveryHandler
from feishu_bot.feishu.long_connection.endpoint import EndpointClient
from feishu_bot.feishu.long_connection.late_events import LateEvents
from feishu_bot.settings import Settings


def build_long_connection(
    settings: Settings, dispatcher: TimedDispatcher, lease: LeaseStore
) -> LongConnection:
    """The connection of this app, not started; events go to the `dispatcher`."""
    late_events = LateEvents()
    return LongConnection(
        endpoint=EndpointClient(
            app_id=settings.app_id,
            app_secret=settings.app_secret,
            domain=settings.feishu_domain,
        ),
        lease=ExclusiveLease(lease),
        answer=DeliveryHandler(dispatcher, late_events, settings.app_id).answer,
        late_events=late_events,
        domain=settings.feishu_domain,
    )
