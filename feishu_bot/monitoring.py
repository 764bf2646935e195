"""What operators see of the bot: who looks at which part, how often, and what is counted."""

from __future__ import annotations

from typing import get_args

from feishu_bot import metrics
from feishu_bot.core.tasks import Outcome
from feishu_bot.errors import ModelError
from feishu_bot.feishu.api.client import FeishuClient
from feishu_bot.feishu.poller import Poller
from feishu_bot.feishu.webhook.dispatcher import FIRST_CHAT, HANDLED
from feishu_bot.llm import Gateway
from feishu_bot.llm.error_kinds import ModelErrorKind
from feishu_bot.readiness import Check, Readiness
from feishu_bot.stores import Database
from feishu_bot.stores.queue_state import QueueReader


def count_from_zero() -> None:
    """Figures that alerts watch exist before they first grow: else that growth isn't seen."""
    for outcome in get_args(Outcome):
        metrics.ANSWERS.labels(outcome=outcome)
    for kind in ModelErrorKind:
        metrics.MODEL_ERRORS.labels(kind=kind)
    for event_type in (*HANDLED, FIRST_CHAT):
        for status in ("200", "500"):
            metrics.DELIVERIES.labels(type=event_type, status=status)


def model_names(gateway: Gateway) -> Poller:
    """Keeps the list of models known, for the label of the metrics."""

    def ask() -> float:
        try:
            gateway.models.offered()
        except ModelError:
            return 60.0
        return 600.0

    return Poller("models", ask, on_failure=lambda _: None)


def readiness(
    database: Database, client: FeishuClient, gateway: Gateway, *, has_metrics: bool
) -> Readiness:
    """What /readyz tells, and with metrics the state of the queue."""
    queue = QueueReader(database)

    def check_database() -> bool:
        is_up = database.ping()
        if has_metrics and is_up:
            state = queue.read()
            metrics.note_queue(
                waiting=state.waiting, running=state.running, oldest=state.oldest_seconds
            )
        elif has_metrics:
            metrics.note_queue_unknown()
        return is_up

    def check_gateway() -> None:
        gateway.check()
        # Without a model that answers, the best gateway is of no use.
        gateway.models.default()

    checks = (
        Check(name="database", run=check_database, seconds=5.0),
        # The app's token is known for more than an hour: this asks nothing while it is good.
        Check(name="feishu", run=client.check, seconds=15.0),
        Check(name="gateway", run=check_gateway, seconds=60.0),
    )
    return Readiness(checks)
