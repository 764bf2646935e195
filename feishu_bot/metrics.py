"""The counters and histograms of the bot, and their export to Prometheus."""

from __future__ import annotations

import os

import prometheus_client
from prometheus_client import Counter, Histogram

EVENTS = Counter("feishu_bot_events", "Messages taken in, by what was decided", ["verdict"])
ANSWERS = Counter("feishu_bot_answers", "Jobs ended, by how", ["outcome"])
ANSWER_SECONDS = Histogram(
    "feishu_bot_answer_seconds",
    "From claim to whole answer",
    buckets=(0.5, 1, 2, 5, 10, 20, 40, 80, 160, 320, 640),
)
FIRST_TEXT_SECONDS = Histogram(
    "feishu_bot_first_text_seconds",
    "From asking the model to its first words",
    buckets=(0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 60, 120),
)
MODEL_ERRORS = Counter("feishu_bot_model_errors", "Failures of the model, by kind", ["kind"])
FEISHU_ERRORS = Counter("feishu_bot_feishu_errors", "Calls refused by Feishu", ["api", "code"])


def render() -> tuple[bytes, str]:
    """The metrics of all processes that share PROMETHEUS_MULTIPROC_DIR, and their content type.

    Without that variable, those of this process.
    """
    from prometheus_client import multiprocess

    registry = prometheus_client.REGISTRY
    if "PROMETHEUS_MULTIPROC_DIR" in os.environ:
        registry = prometheus_client.CollectorRegistry()
        multiprocess.MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    return prometheus_client.generate_latest(registry), prometheus_client.CONTENT_TYPE_LATEST
