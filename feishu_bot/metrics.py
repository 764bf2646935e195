"""What the bot counts and times, for Prometheus."""

from __future__ import annotations

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
