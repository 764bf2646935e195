"""How gunicorn runs the bot: everything imported once, everything alive only in the workers."""

from __future__ import annotations

from typing import Any

from feishu_bot.errors import SettingsError
from feishu_bot.settings import Settings, read_environment

try:
    _settings = Settings.from_env(read_environment())
except SettingsError as exc:
    raise SystemExit(f"The bot can't start, its settings are not complete:\n\n{exc}") from None

bind = f"0.0.0.0:{_settings.http_port}"
worker_class = "gthread"
workers = _settings.web_concurrency
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
worker_tmp_dir = "/dev/shm"
loglevel = "warning"


def post_worker_init(worker: Any) -> None:
    """Start what lives, in the process it is to live in."""
    worker.wsgi.extensions["feishu_bot"].start()


def worker_exit(server: Any, worker: Any) -> None:
    """Finish and hand back; nothing is running when the worker never came up."""
    app = getattr(worker, "wsgi", None)
    if app is not None:
        app.extensions["feishu_bot"].stop()
