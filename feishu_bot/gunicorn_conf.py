"""gunicorn's configuration: everything imported once, everything alive only in the workers.

Half of the workers receive events, the other half answers. So an event is acknowledged at once,
however many answers are being written: they have an interpreter of their own.
"""

from __future__ import annotations

import contextlib
import fcntl
import logging
import os
import resource
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

from feishu_bot.settings import load_settings
from feishu_bot.web import listening

# What the bot writes is for its own user alone.
os.umask(0o077)
_settings = load_settings()

_host = f"[{_settings.bind}]" if ":" in _settings.bind else _settings.bind
bind = f"{_host}:{_settings.http_port}"
worker_class = "feishu_bot.web.worker.WebWorker"
workers = 2 * _settings.web_concurrency
threads = _settings.web_threads
preload_app = True
# The bot hands back in its own grace time what it can't finish; then gunicorn may lose patience.
graceful_timeout = int(_settings.shutdown_grace) + 5
timeout = 60
keepalive = 75
backlog = 2048
# It would want a home directory to write to, and nobody here uses it.
control_socket_disable = True
# The default folder may be on a disk; a worker that waits for the disk is taken for dead.
worker_tmp_dir = "/dev/shm" if Path("/dev/shm").is_dir() else None
loglevel = "warning"

METRICS_FOLDER = "feishu_bot-metrics-"
if _settings.metrics and "PROMETHEUS_MULTIPROC_DIR" not in os.environ:
    # The folder where prometheus_client adds up several processes; read when it is imported.
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = tempfile.mkdtemp(prefix=METRICS_FOLDER)

# Far more than proxies and Feishu keep open at once; an idle one costs some 4 KB. Beyond it, those
# that bring nothing make room.
MOST_CONNECTIONS = 4000


def _connections() -> int:
    """How many connections a process holds: half of what it may open, the bot needs the rest."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != resource.RLIM_INFINITY and soft < 2 * MOST_CONNECTIONS:
        wanted = 2 * MOST_CONNECTIONS
        soft = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        with contextlib.suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
        soft = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    return MOST_CONNECTIONS if soft == resource.RLIM_INFINITY else min(MOST_CONNECTIONS, soft // 2)


worker_connections = max(threads + 8, _connections())

# Each answering process locks a byte of this file while it lives. A lock ends with its process,
# so a replacement worker takes over the role of the one that died.
_answering = tempfile.TemporaryFile()  # noqa: SIM115 – it is held as long as gunicorn lives


def _is_answering() -> bool:
    """Whether this process gets one of the answering roles."""
    for role in range(_settings.web_concurrency):
        try:
            fcntl.lockf(_answering, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, role)
        except OSError:
            continue
        return True
    return False


def on_starting(_server: Any) -> None:
    """In the parent, before it listens: in place of gunicorn's ten lines of English."""
    if not listening.is_inherited() and (
        why := listening.refusal(_settings.bind, _settings.http_port)
    ):
        sys.exit(why)


def post_worker_init(worker: Any) -> None:
    """Start the threads and connections of the bot, in the process that they are to live in."""
    answers = _is_answering()
    if answers:
        # It stays gunicorn's, to be watched and restarted, but leaves requests to the others.
        worker.sockets = []
        # Where cores are short, an event is acknowledged before an answer is continued.
        os.nice(5)
    worker.wsgi.extensions["feishu_bot"].start(answers=answers, receives=not answers)


def on_exit(_server: Any) -> None:
    """In the parent, at the very end: leave nothing behind."""
    folder = Path(os.environ.get("PROMETHEUS_MULTIPROC_DIR", ""))
    # One that somebody else has chosen is theirs.
    if folder.name.startswith(METRICS_FOLDER):
        shutil.rmtree(folder, ignore_errors=True)


def child_exit(_server: Any, worker: Any) -> None:
    """In the parent, when a worker has ended in whatever way: it does nothing any more."""
    # Not at the top: it reads PROMETHEUS_MULTIPROC_DIR when it is imported.
    from feishu_bot import metrics

    metrics.forget_process(worker.pid)


def worker_exit(_server: Any, worker: Any) -> None:
    """Finish and hand back; nothing is running if the worker never came up."""
    app = getattr(worker, "wsgi", None)
    if app is not None:
        app.extensions["feishu_bot"].stop()
        # All is stored and handed back. Threads that wait for a silent model would keep the
        # process until it is killed.
        logging.shutdown()
        os._exit(0)
