"""A run of the bot against the simulator, with the page and a chat in the terminal."""

from __future__ import annotations

import os
import socket
import stat
import sys
import tempfile
import webbrowser
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit

import click

from feishu_bot.bot_process import BotProcess
from feishu_simulator import Credentials, Simulator
from feishu_simulator.terminal import chat

# Those of a real gateway are passed to the bot together with its key.
GATEWAY_VARIABLES = (
    "OPENAI_KEY",
    "API_URL",
    "OPENAI_MODEL",
    "IMAGE_MODEL",
    "TRANSCRIPTION_MODEL",
    "SPEECH_MODEL",
    "HTTP_PROXY",
    "GATEWAY_USER_AGENT",
    "GATEWAY_HEADERS",
)
PAGE_PORT = 9001
# They would take over the terminal, and can't display the page.
TEXT_BROWSERS = frozenset({"www-browser", "links", "links2", "elinks", "lynx", "w3m"})
# The folder that the package is imported from: a checkout need not be installed.
IMPORTED_FROM = Path(__file__).parents[1]


def serve(environ: Mapping[str, str], port: int | None, *, opens_browser: bool) -> int:
    """Start simulator and bot, open the page, chat in this terminal; return the exit code."""
    if port is not None and not _is_free(port):
        click.echo(f"端口 {port} 已被占用 / Port {port} is taken.", err=True)
        return 1
    if port is None:
        port = PAGE_PORT if _is_free(PAGE_PORT) else 0
    is_real = bool(environ.get("OPENAI_KEY", "").strip())
    if is_real:
        click.echo(
            "Answers come from the real gateway (OPENAI_KEY is set).\n"
            "已设置 OPENAI_KEY，由真正的网关回答。"
        )
    with (
        tempfile.TemporaryDirectory(prefix="feishu_bot-") as folder,
        Simulator(Credentials.random(), feishu_port=port) as simulator,
    ):
        simulator.desk.seed()
        if os.environ.get("TRANSPORT", "").strip().lower() == "long_connection":
            simulator.feishu.subscription.mode = "long_connection"
        simulator.desk.real_model = _model_of(environ) if is_real else None
        bot_port, log = _free_port(), Path(folder, "bot.log")
        variables = bot_environ(environ, *_variables(simulator, bot_port, folder))
        with BotProcess(variables, bot_port, log) as bot:
            if not bot.wait_until_up():
                end = bot.last_lines()
                click.echo(f"机器人没能启动 / The bot did not start:\n{end}", err=True)
                return 1
            with simulator.feishu.state.change():
                simulator.feishu.bot_url = f"http://127.0.0.1:{bot_port}"
                simulator.desk.kill_worker = bot.kill_workers
            click.echo(f"Bot: {simulator.feishu.bot_url}  Log: {log}\n")
            click.secho(f"打开 / Open: {simulator.page_url}\n", bold=True)
            if not _has_input():
                bot.wait()
                click.echo(f"机器人停了 / The bot has stopped:\n{bot.last_lines()}", err=True)
                return 1
            if opens_browser and sys.stdin.isatty() and has_desktop():
                open_browser(simulator.page_url)
            return chat(simulator, sys.stdin, sys.stdout)


def _has_input() -> bool:
    """Whether a person or a pipe can write to this process."""
    try:
        status, null = os.fstat(sys.stdin.fileno()), Path(os.devnull).stat()
        return not (stat.S_ISCHR(status.st_mode) and status.st_rdev == null.st_rdev)
    except (AttributeError, OSError, ValueError):
        return False


def has_desktop(environ: Mapping[str, str] = os.environ, platform: str = sys.platform) -> bool:
    """On macOS and Windows always, elsewhere where there is a display."""
    display = environ.get("DISPLAY") or environ.get("WAYLAND_DISPLAY")
    return platform in ("darwin", "win32") or bool(display)


def open_browser(url: str) -> None:
    """Open *url*, if there is a graphical browser to open it with."""
    with suppress(webbrowser.Error):
        browser = webbrowser.get()
        if Path(getattr(browser, "name", "")).name not in TEXT_BROWSERS:
            browser.open(url)


def _variables(
    simulator: Simulator, port: int, folder: str
) -> tuple[dict[str, str], dict[str, str]]:
    """The variables that connect a bot to the simulated platform, and to the simulated gateway."""
    credentials = simulator.credentials
    platform = {
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
        # The simulated gateway draws, hears and speaks by any name; its list has none for that.
        "IMAGE_MODEL": "gpt-image-2",
        "TRANSCRIPTION_MODEL": "whisper-1",
        "SPEECH_MODEL": "tts-1",
    }
    return platform, gateway


def bot_environ(
    environ: Mapping[str, str], simulated: Mapping[str, str], gateway: Mapping[str, str]
) -> dict[str, str]:
    """The variables of a bot that talks to the simulator, or to a real gateway if there is a key.

    Of the merged *environ* only a real gateway counts. Other settings are those of the process
    itself, as in `STREAMING=false make run`: `.env` is meant for the real run.
    """
    if environ.get("OPENAI_KEY", "").strip():
        gateway = {name: environ[name] for name in GATEWAY_VARIABLES if name in environ}
    kept = {name: value for name, value in os.environ.items() if name not in GATEWAY_VARIABLES}
    path = os.pathsep.join(filter(None, [str(IMPORTED_FROM), os.environ.get("PYTHONPATH")]))
    return {**kept, **simulated, **gateway, "PYTHONPATH": path}


def _model_of(environ: Mapping[str, str]) -> str:
    """The model that is going to answer; if the bot chooses one, the host that offers it."""
    address = environ.get("API_URL", "").strip() or "https://oapi.czl.net"
    return environ.get("OPENAI_MODEL", "").strip() or urlsplit(address).hostname or address


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        # As servers do: connections that were closed a moment ago don't block the port.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
