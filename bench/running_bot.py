"""A bot that is connected to a simulator."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from bench.places import environment, free_port
from feishu_bot.bot_process import BotProcess
from feishu_simulator import Simulator
from feishu_simulator.credentials import Credentials

# As the image sets it.
IMAGE = {"PYTHONOPTIMIZE": "2", "GLIBC_TUNABLES": "glibc.malloc.tcache_count=0"}


class RunningBot(NamedTuple):
    """The simulator, and the bot's port and process on this machine."""

    simulator: Simulator
    port: int
    pid: int


@contextmanager
def running_bot(**more: str) -> Iterator[RunningBot]:
    """A simulator, and a bot with default settings; `more` are variables of its environment."""
    with Simulator() as simulator, tempfile.TemporaryDirectory(prefix="bench-") as folder:
        port = free_port()
        environ = environment_beside(simulator, Path(folder), port, **more)
        with BotProcess(environ, port, Path(folder, "bot.log")) as bot:
            if not bot.wait_until_up():
                sys.exit(bot.last_lines())
            yield RunningBot(simulator, port, bot.pid)


def environment_beside(
    simulator: Simulator, folder: Path, port: int, **more: str
) -> dict[str, str]:
    """The variables of a bot that is connected to a simulator of this process."""
    return bot_environment(
        simulator.credentials,
        feishu_url=simulator.feishu.url,
        key=simulator.gateway.keys[0],
        gateway_url=simulator.gateway.url,
        folder=folder,
        port=port,
        **more,
    )


def bot_environment(
    credentials: Credentials,
    *,
    feishu_url: str,
    key: str,
    gateway_url: str,
    folder: Path,
    port: int,
    **more: str,
) -> dict[str, str]:
    """The variables of a bot with default settings, whose database is in `folder`.

    `more` are further ones, or others.
    """
    variables = {
        "APP_ID": credentials.app_id,
        "APP_SECRET": credentials.app_secret,
        "APP_ENCRYPT_KEY": credentials.encrypt_key,
        "APP_VERIFICATION_TOKEN": credentials.verification_token,
        "FEISHU_DOMAIN": feishu_url,
        "OPENAI_KEY": key,
        "API_URL": gateway_url,
        "DATABASE_URL": f"sqlite:///{folder}/feishu_bot.db",
        "HTTP_PORT": str(port),
    }
    return environment(**(IMAGE | variables | more))
