"""The figures of the bot, and their export to Prometheus.

docs/monitoring.md explains each. Labels take few values: what people, models and services write
never becomes one as it is.
"""

from __future__ import annotations

import math
import os
import platform
import struct
import threading
import time
from collections.abc import Iterator

import prometheus_client
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector
from typing_extensions import override

from feishu_bot import __version__

OTHER = "other"

# At the door

DELIVERIES = Counter(
    "feishu_bot_deliveries",
    "Events and callbacks that Feishu delivered, by type and by the status we answered",
    ["type", "status"],
)
DELIVERY_SECONDS = Histogram(
    "feishu_bot_delivery_seconds",
    "From the request to our answer to it; Feishu waits three seconds",
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 3),
)
REFUSED_REQUESTS = Counter(
    "feishu_bot_refused_requests",
    "Requests refused with 401, by address and reason",
    ["address", "reason"],
)
CLOSED_CONNECTIONS = Counter(
    "feishu_bot_closed_connections",
    "Connections closed before a request was understood, by reason: slow, crowded, malformed",
    ["reason"],
)
EVENTS = Counter("feishu_bot_events", "Messages taken in, by what was decided", ["verdict"])

LONG_CONNECTION = Gauge(
    "feishu_bot_long_connection",
    "1 while the long connection is open, whichever process holds it; TRANSPORT=long_connection",
    multiprocess_mode="livemostrecent",
)
LONG_CONNECTION_FRAME_SECONDS = Gauge(
    "feishu_bot_long_connection_frame_seconds",
    "How long ago anything came through the long connection, events and signs of life",
    multiprocess_mode="livemostrecent",
)

# In the queue

QUEUE_TASKS = Gauge(
    "feishu_bot_queue_tasks",
    "Tasks in the database, by state; the same for all replicas of a database",
    ["state"],
    multiprocess_mode="livemostrecent",
)
QUEUE_OLDEST_SECONDS = Gauge(
    "feishu_bot_queue_oldest_seconds",
    "How long the oldest waiting task has waited; 0 when none waits",
    multiprocess_mode="livemostrecent",
)
JOB_FAILURES = Counter("feishu_bot_job_failures", "Attempts at a task that ended in an exception")

# Answers

ANSWERS = Counter("feishu_bot_answers", "Jobs ended, by how", ["outcome"])
ANSWERS_RUNNING = Gauge(
    "feishu_bot_answers_running", "Answers being written now", multiprocess_mode="livesum"
)
ANSWER_THREADS = Gauge(
    "feishu_bot_answer_threads", "Answers that can be written at once", multiprocess_mode="livesum"
)
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
TOKENS = Counter(
    "feishu_bot_tokens",
    "Tokens of questions (prompt) and answers (completion), by model",
    ["model", "kind"],
)
MEDIA = Counter(
    "feishu_bot_media",
    "Pictures made, seconds of speech heard or spoken, and files read, by model",
    ["model", "kind"],
)
COST = Counter(
    "feishu_bot_cost", "What answers cost, in the currency of PRICES_FILE", ["model", "currency"]
)
MODEL_ERRORS = Counter("feishu_bot_model_errors", "Failures of the model, by kind", ["kind"])

# Calls to Feishu

FEISHU_CALLS = Counter(
    "feishu_bot_feishu_calls", "Calls to Feishu; most count against the monthly quota", ["api"]
)
FEISHU_ERRORS = Counter("feishu_bot_feishu_errors", "Calls refused by Feishu", ["api", "code"])

# The state

READY = Gauge(
    "feishu_bot_ready", "1 when a part of /readyz works", ["part"], multiprocess_mode="livemin"
)
BUILD_INFO = "feishu_bot_build_info"

# Rendering costs a few milliseconds: who asks more often gets the same again.
FRESH_SECONDS = 1.0
# Between the tries to read the files of all processes, and what a half-made one raises.
PAUSES = (0.01, 0.05, 0.2)
BROKEN_FILE = (OSError, ValueError, RuntimeError, struct.error)


def note_queue(*, waiting: float, running: float, oldest: float) -> None:
    """What is in the inbox now; `oldest` in seconds."""
    QUEUE_TASKS.labels(state="waiting").set(waiting)
    QUEUE_TASKS.labels(state="running").set(running)
    QUEUE_OLDEST_SECONDS.set(oldest)


def note_queue_unknown() -> None:
    """The inbox can't be read: an old figure would look like a fresh one."""
    note_queue(waiting=math.nan, running=math.nan, oldest=math.nan)


def note_long_connection(*, connected: bool, frame_seconds: float | None) -> None:
    """How the long connection is now; `frame_seconds` is the age of what came last."""
    LONG_CONNECTION.set(connected)
    LONG_CONNECTION_FRAME_SECONDS.set(math.nan if frame_seconds is None else frame_seconds)


def render() -> tuple[bytes, str]:
    """The metrics of all processes that share PROMETHEUS_MULTIPROC_DIR, and their content type.

    Without that variable, those of this process.
    """
    return _exposition.get()


def forget_process(pid: int) -> None:
    """A process has ended: what it was doing isn't done any more. Its counts stay."""
    if "PROMETHEUS_MULTIPROC_DIR" in os.environ:
        from prometheus_client import multiprocess

        multiprocess.mark_process_dead(pid)  # type: ignore[no-untyped-call]


class _BuildInfo(Collector):
    """Not a metric of a process: it says the same in all of them."""

    @override
    def collect(self) -> Iterator[GaugeMetricFamily]:
        labels = {"version": __version__, "python": platform.python_version()}
        family = GaugeMetricFamily(BUILD_INFO, "1, with the version", labels=tuple(labels))
        family.add_metric(tuple(labels.values()), 1)
        yield family


class _Exposition:
    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._body = b""
        self._fresh_until = -math.inf

    def get(self) -> tuple[bytes, str]:
        with self._lock:
            if time.monotonic() >= self._fresh_until:
                self._body = self._rendered()
                self._fresh_until = time.monotonic() + FRESH_SECONDS
            return self._body, prometheus_client.CONTENT_TYPE_LATEST

    def _rendered(self) -> bytes:
        """A process that begins or ends just now may leave a file half made, or none."""
        for pause in PAUSES:
            try:
                return prometheus_client.generate_latest(_registry())
            except BROKEN_FILE:
                time.sleep(pause)
        return prometheus_client.generate_latest(_registry())


def _registry() -> CollectorRegistry:
    if "PROMETHEUS_MULTIPROC_DIR" not in os.environ:
        return prometheus_client.REGISTRY
    from prometheus_client import multiprocess

    registry = CollectorRegistry()
    multiprocess.MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    registry.register(_BuildInfo())
    return registry


prometheus_client.REGISTRY.register(_BuildInfo())
_exposition = _Exposition()
