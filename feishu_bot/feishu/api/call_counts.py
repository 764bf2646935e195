"""Counts the calls to Feishu."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from feishu_bot import metrics
from feishu_bot.errors import FeishuError


@contextmanager
def counted(api: str) -> Iterator[None]:
    """Count one call; `api` is its method and path, with the `:names` for what varies."""
    metrics.FEISHU_CALLS.labels(api=api).inc()
    try:
        yield
    except FeishuError as exc:
        metrics.FEISHU_ERRORS.labels(api=api, code=str(exc.code)).inc()
        raise
