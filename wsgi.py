"""The WSGI entry: `gunicorn wsgi:app` reads gunicorn.conf.py beside it."""

from __future__ import annotations

import gc
import sys

from feishu_bot.errors import SettingsError
from feishu_bot.settings import Settings, read_environment

# The imports make two million objects that are never given up again: collecting among them costs
# a second, and looking at them after a fork would copy them into every worker.
gc.disable()

try:
    settings = Settings.from_env(read_environment())
except SettingsError as exc:
    sys.exit(f"The bot can't start, its settings are not complete:\n\n{exc}")

from feishu_bot import logs  # noqa: E402
from feishu_bot.app import create_app  # noqa: E402

logs.configure(settings.log_level, settings.log_format)
app = create_app(settings)
gc.collect()
gc.freeze()
gc.enable()
