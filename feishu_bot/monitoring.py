"""What operators see of the bot: who looks at which part, how often, and what is counted."""

from __future__ import annotations

from collections.abc import Mapping
from typing import get_args

from feishu_bot import metrics
from feishu_bot.adapters import Adapters
from feishu_bot.core.jobs import Outcome
from feishu_bot.core.languages import Words
from feishu_bot.core.long_connection import ConnectionWatch
from feishu_bot.errors import ModelError
from feishu_bot.feishu.events.dispatcher import FIRST_CHAT, HANDLED
from feishu_bot.feishu.poller import Poller
from feishu_bot.llm import Gateway
from feishu_bot.llm.error_kinds import ModelErrorKind
from feishu_bot.part_checks import DatabaseCheck, FeishuCheck, GatewayCheck, LongConnectionCheck
from feishu_bot.readiness import Check, Readiness
from feishu_bot.settings import Settings
from feishu_bot.stores.queue_state import QueueReader

# All is well by the latest real use of a part: to look costs nothing.
LOOK_SECONDS = 5.0


PartCheck = DatabaseCheck | FeishuCheck | GatewayCheck | LongConnectionCheck


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


def chat_models(settings: Settings) -> Mapping[str, str]:
    """Those that services list, by their variables: of the others many list none."""
    return {
        # The examination at the start has told of it.
        "OPENAI_MODEL": "" if settings.doctor_at_start else settings.openai_model,
        "VISION_MODEL": settings.vision_model,
        "TITLE_MODEL": settings.title_model,
        "SUGGESTIONS_MODEL": settings.suggestions_model,
    }


def readiness(
    settings: Settings, adapters: Adapters, connection: ConnectionWatch | None = None
) -> Readiness:
    """What /readyz tells, and with metrics the state of the queue.

    `connection` is the long connection, where events come through one.
    """
    database, outcomes = adapters.stores.database, adapters.outcomes
    queue = QueueReader(database) if settings.metrics else None
    of_database = DatabaseCheck(database, outcomes.database, settings.database_url, queue)
    of_feishu = FeishuCheck(adapters.client, outcomes.feishu, settings.feishu_domain)
    of_gateway = GatewayCheck(
        adapters.gateway, outcomes.gateway, adapters.texts, models=chat_models(settings)
    )
    checks: list[tuple[str, Words, PartCheck]] = [
        ("database", Words("数据库", "Database"), of_database),
        ("feishu", Words("飞书", "Feishu"), of_feishu),
        ("gateway", Words("模型服务", "Model service"), of_gateway),
    ]
    if connection:
        title = Words("飞书长连接", "Feishu's long connection")
        of_connection = LongConnectionCheck(connection, settings.feishu_domain)
        checks.append(("long_connection", title, of_connection))
    return Readiness(
        tuple(
            Check(name=name, run=part.run, seconds=LOOK_SECONDS, title=title, explain=part.explain)
            for name, title, part in checks
        )
    )
