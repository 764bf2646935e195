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
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NoReturn

import click

from feishu_bot import __version__
from feishu_bot.errors import SettingsError
from feishu_bot.settings import load_settings, read_environment

FEISHU_VARIABLES = ("APP_ID", "APP_SECRET", "APP_ENCRYPT_KEY", "APP_VERIFICATION_TOKEN")
# What belongs to a real gateway, and goes to the bot together with its key.
GATEWAY_VARIABLES = ("OPENAI_KEY", "API_URL", "OPENAI_MODEL", "HTTP_PROXY", "GATEWAY_USER_AGENT")
ROOT = Path(__file__).parent.parent
START_SECONDS = 60.0
LAST_LINES = 20
TRACEBACK = "Traceback (most recent call last):"


@click.group()
@click.version_option(__version__, prog_name="feishu_bot")
def main() -> None:
    """An AI chat bot for Feishu and Lark."""


@main.command()
def run() -> None:
    """Run the bot; without an app's credentials, against the built-in simulator."""
    try:
        environ = read_environment()
    except SettingsError as exc:
        sys.exit(str(exc))
    if any(environ.get(name, "").strip() for name in FEISHU_VARIABLES):
        _run_for_real(environ)
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _exit)
    try:
        sys.exit(_chat(environ))
    except KeyboardInterrupt:
        sys.exit(128 + signal.SIGINT)


def _run_for_real(environ: Mapping[str, str]) -> NoReturn:
    """Become the bot; faults in the settings end the process in plain words."""
    port = load_settings().http_port
    click.echo(
        f"正式运行，端口 {port} / Running for real on port {port}. "
        "部署文档 / deploy guide: docs/deploy.zh-CN.md"
    )
    os.chdir(ROOT)
    os.execve(sys.executable, [sys.executable, "-m", "gunicorn", "wsgi:app"], dict(environ))


def _exit(number: int, frame: object) -> NoReturn:
    """End as the signal asks, by way of every `finally`; once is enough."""
    for repeated in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(repeated, signal.SIG_IGN)
    sys.exit(128 + number)


def _chat(environ: Mapping[str, str]) -> int:
    """Start simulator and bot, and talk to the bot in this terminal; the exit code."""
    from feishu_bot.simulator import Simulator
    from feishu_bot.simulator.terminal import chat

    click.echo(
        "No Feishu app is set up, so the bot runs against the built-in simulator.\n"
        "没有配置飞书应用，机器人将连接内置的模拟器运行。"
    )
    if environ.get("OPENAI_KEY", "").strip():
        click.echo(
            "Answers come from the real gateway (OPENAI_KEY is set).\n"
            "已设置 OPENAI_KEY，由真正的网关回答。"
        )
    with tempfile.TemporaryDirectory(prefix="feishu_bot-") as folder, Simulator() as simulator:
        port = _free_port()
        simulator.feishu.bot_url = f"http://127.0.0.1:{port}"
        credentials = simulator.credentials
        simulated = {
            "BOT_NAME": credentials.bot_name,
            "APP_ID": credentials.app_id,
            "APP_SECRET": credentials.app_secret,
            "APP_ENCRYPT_KEY": credentials.encrypt_key,
            "APP_VERIFICATION_TOKEN": credentials.verification_token,
            "FEISHU_DOMAIN": simulator.feishu.url,
            "DATABASE_URL": f"sqlite:///{folder}/feishu_bot.db",
            "HTTP_PORT": str(port),
            "SHUTDOWN_GRACE": "1",
        }
        gateway = {
            "OPENAI_KEY": simulator.gateway.keys[0],
            "API_URL": simulator.gateway.url,
            "OPENAI_MODEL": simulator.gateway.models[0],
        }
        log = Path(folder, "bot.log")
        with _bot(_bot_environ(environ, simulated, gateway), port, log) as process:
            if not _wait_for_ping(process, port):
                told = _last_words(log.read_text(errors="replace"))
                click.echo(f"机器人没能启动 / The bot did not start:\n{told}", err=True)
                return 1
            click.echo(f"Bot: http://127.0.0.1:{port}  Log: {log}\n")
            return chat(simulator, sys.stdin, sys.stdout)


def _bot_environ(
    environ: Mapping[str, str], simulated: Mapping[str, str], gateway: Mapping[str, str]
) -> dict[str, str]:
    """The variables of a bot that talks to the simulator, or to a real gateway if there is a key.

    Of the merged *environ* only a real gateway counts. Other settings are those of the process
    itself, as in `STREAMING=false make run`: what `.env` says is meant for the real run.
    """
    if environ.get("OPENAI_KEY", "").strip():
        gateway = {name: environ[name] for name in GATEWAY_VARIABLES if name in environ}
    kept = {name: value for name, value in os.environ.items() if name not in GATEWAY_VARIABLES}
    path = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))
    return {**kept, **simulated, **gateway, "PYTHONPATH": path}


@contextmanager
def _bot(environ: Mapping[str, str], port: int, log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """The bot in a process of its own, stopped at the end."""
    command = [sys.executable, "-m", "gunicorn", "--config", str(ROOT / "gunicorn.conf.py")]
    with log.open("wb") as output:
        process = subprocess.Popen(
            [*command, "--bind", f"127.0.0.1:{port}", "wsgi:app"],
            # The bot reads the `.env` of its folder, and here is none.
            cwd=log.parent,
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
        process.terminate()
        try:
            process.wait(30)
        except (subprocess.TimeoutExpired, KeyboardInterrupt):
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def _last_words(log: str) -> str:
    """The last lines of a log; where the process gave a plain reason after a traceback, that."""
    _, found, after = log.rpartition(TRACEBACK)
    lines = after.splitlines()
    if found:
        # The first line at the margin names the exception and ends the traceback.
        end = next((at for at, line in enumerate(lines) if line[:1].strip()), len(lines))
        plain = [line for line in lines[end + 1 :] if line.strip()]
        lines = plain or [found, *lines]
    return "\n".join(lines[-LAST_LINES:])


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
