"""What becomes of a model's failure: a log line, a notice for who asked, an alert for admins."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from feishu_bot import metrics
from feishu_bot.core.alerts import MODEL_CAUSES, Alert, AlertSink
from feishu_bot.core.answering.draft import Draft
from feishu_bot.core.messages import Sender
from feishu_bot.errors import ModelError
from feishu_bot.logs import get_logger

logger = get_logger(__name__)


@dataclass(frozen=True)
class ModelFailures:
    """`clock` gives seconds since the epoch."""

    alerts: AlertSink
    clock: Callable[[], float]

    def note(self, draft: Draft, exc: ModelError, asker: Sender) -> None:
        """Let the draft end with this failure, and tell whom else it concerns."""
        logger.warning(
            "model failed", kind=exc.kind, request_id=exc.request_id or "-", detail=exc.detail
        )
        metrics.MODEL_ERRORS.labels(kind=exc.kind).inc()
        draft.notice = exc.kind
        draft.request_id = exc.request_id or draft.request_id
        # The conversation may name none, or one that gave way to the default.
        draft.model = exc.model or draft.model
        draft.offered = exc.params().get("offered", "")
        if exc.proxy:
            draft.notice_params = {**draft.notice_params, "proxy": exc.proxy}
        draft.reason = "cut"
        if exc.retry_after:
            draft.retry_at = self.clock() + exc.retry_after
        if exc.kind in MODEL_CAUSES:
            params = {**exc.params(), "model": draft.model, "request_id": draft.request_id}
            self.alerts.note(Alert(kind=exc.kind, params=params), seen_by=asker)
