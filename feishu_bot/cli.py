"""The command line. Imports what is heavy only when a command needs it."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import click

from feishu_bot import __version__
from feishu_bot.settings import read_environment

FEISHU_VARIABLES = ("APP_ID", "APP_SECRET", "APP_ENCRYPT_KEY", "APP_VERIFICATION_TOKEN")
GATEWAY_VARIABLES = ("OPENAI_KEY", "API_URL", "OPENAI_MODEL")
ROOT = Path(__file__).parent.parent
START_SECONDS = 60.0


@click.group()
@click.version_option(__version__, prog_name="feishu_bot")
def main() -> None:
    """An AI chat bot for Feishu and Lark."""


@main.command()
def run() -> None:
    """Run the bot; without an app's credentials, against the built-in simulator."""
    environ = read_environment()
    if any(environ.get(name, "").strip() for name in FEISHU_VARIABLES):
        command = [sys.executable, "-m", "gunicorn", "wsgi:app"]
        os.chdir(ROOT)
        os.execve(sys.executable, command, dict(environ))
    sys.exit(_chat(environ))


def _chat(environ: Mapping[str, str]) -> int:
    """Start simulator and bot, and talk to the bot in this terminal; the exit code."""
    from feishu_bot.simulator import Simulator
    from feishu_bot.simulator.terminal import chat

    click.echo(
        "No Feishu app is set up, so the bot runs against the built-in simulator.\n"
        "没有配置飞书应用，机器人将连接内置的模拟器运行。"
    )
    with tempfile.TemporaryDirectory(prefix="feishu_bot-") as folder, Simulator() as simulator:
        port = _free_port()
        simulator.feishu.bot_url = f"http://127.0.0.1:{port}"
        credentials = simulator.credentials
        bot_environ = {
            **environ,
            "APP_ID": credentials.app_id,
            "APP_SECRET": credentials.app_secret,
            "APP_ENCRYPT_KEY": credentials.encrypt_key,
            "APP_VERIFICATION_TOKEN": credentials.verification_token,
            "FEISHU_DOMAIN": simulator.feishu.url,
            "DATABASE_URL": f"sqlite:///{folder}/feishu_bot.db",
            "HTTP_PORT": str(port),
        }
        if environ.get("OPENAI_KEY", "").strip():
            click.echo("Answers come from the real gateway (OPENAI_KEY is set).")
        else:
            bot_environ |= {
                "OPENAI_KEY": simulator.gateway.keys[0],
                "API_URL": simulator.gateway.url,
            }
            bot_environ.pop("OPENAI_MODEL", None)
        log = Path(folder, "bot.log")
        with _bot(bot_environ, log) as process:
            if not _wait_for_ping(process, port):
                click.echo(f"The bot did not start:\n{log.read_text()[-2000:]}", err=True)
                return 1
            click.echo(f"Bot: http://127.0.0.1:{port}  Log: {log}\n")
            return chat(simulator, sys.stdin, sys.stdout)


@contextmanager
def _bot(environ: Mapping[str, str], log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """The bot in a process of its own, stopped at the end."""
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "gunicorn", "wsgi:app"],
            cwd=ROOT,
            env=dict(environ),
            stdout=output,
            stderr=output,
            stdin=subprocess.DEVNULL,
            # Ctrl-C in the terminal is for the chat; it stops the bot in order.
            start_new_session=True,
        )
    try:
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait_for_ping(process: subprocess.Popen[bytes], port: int) -> bool:
    """Whether the bot answers before it ends or the time is up."""
    deadline = time.monotonic() + START_SECONDS
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    while process.poll() is None and time.monotonic() < deadline:
        try:
            with opener.open(f"http://127.0.0.1:{port}/ping", timeout=1):
                return True
        except (urllib.error.URLError, OSError):
            time.sleep(0.05)
    return False


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
