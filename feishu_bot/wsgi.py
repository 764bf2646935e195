"""The WSGI app that gunicorn loads before it forks."""

from __future__ import annotations

import gc
import sys
from importlib import import_module

# The imports make a million objects that are never given up again: collecting among them costs
# time, and looking at them after a fork would copy them into every worker.
gc.disable()

from feishu_bot.unused_modules import EmptyModules  # noqa: E402

# 440 models of requests and answers, 14 MB in each process: the bot sends and reads plain dicts.
# `tests/llm/test_slim_client.py` checks that the client does without them.
EmptyModules("openai.types").install()

from feishu_bot import logs, memory  # noqa: E402
from feishu_bot.app import create_app  # noqa: E402
from feishu_bot.errors import SettingsError, StoreUnavailable  # noqa: E402
from feishu_bot.settings import exit_with, load_settings, near_misses  # noqa: E402
from feishu_bot.settings.environment import read_environment  # noqa: E402
from feishu_bot.settings.secrets import secrets_of  # noqa: E402
from feishu_bot.stores.migration_process import migrate_apart  # noqa: E402

# Libraries import these at their first call. Before the fork, all processes share them.
for name in ("Crypto.Cipher._mode_cbc", "encodings.idna"):
    import_module(name)
memory.bound_heap()
settings = load_settings()
logs.configure(settings.log_level, settings.log_format, secrets=secrets_of(settings))
for miss in near_misses(read_environment()):
    logs.get_logger(__name__).warning(" / ".join(line.strip() for line in miss.splitlines()))
# Nothing else runs yet, and no worker needs what migrations need.
migrate_apart(settings.database_url)
try:
    app = create_app(settings)
except SettingsError as exc:
    exit_with(exc)
except StoreUnavailable as exc:
    sys.exit(str(exc))
gc.collect()
gc.freeze()
gc.enable()
