"""`feishu-bot setup`, and the page in its place where a container starts without an app."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import sys
import threading
import time
from typing import NoReturn

import click

from feishu_bot.bot_process import GUNICORN

# What the outcome means for scripts.
EXIT_CODES = {"live": 0, "in_review": 3, "by_hand": 4}
# The page reads the end of the set-up before its server goes. It looks twice a second, so a
# second window has looked, too, that much after the first.
LAST_LOOK_SECONDS = 2.5
ALL_LOOK_SECONDS = 0.6
FIRST_PROCESS = 1
PAGE = """\
还没有配置飞书应用。请在浏览器里打开 http://127.0.0.1:{port}/setup ，输入一次性代码
（浏览器在另一台电脑上时，先在那里运行 ssh -L {port}:127.0.0.1:{port} 服务器）：
No Feishu app is set up. Open http://127.0.0.1:{port}/setup in a browser, and enter the code
(from another computer, run ssh -L {port}:127.0.0.1:{port} SERVER there first):

    {code}
"""
STARTING = """
启动机器人。在飞书里搜索它的名字，发一句话试试（Ctrl-C 结束，以后用 feishu-bot run 启动）
Starting the bot: search for it in Feishu and send it a message (Ctrl-C ends it; feishu-bot run
starts it later)
"""
NOT_STARTED = """
接下来启动机器人：feishu-bot run，或重启容器、服务。然后在飞书里搜索它的名字，发一句话试试
Now start the bot: feishu-bot run, or restart the container or service.
Then search for it in Feishu and send it a message"""
RUNNING = """\
端口 {port} 上已有一个机器人，请重启它，让新设置生效
A bot is there already on port {port}: restart it for the new settings"""


def add_to(group: click.Group) -> None:
    """Add the command."""
    group.add_command(setup)


@click.command(
    help="""Make and configure the app in Feishu: one scan, a key, and the bot is live.

    Can be run again at any time. Ends with 0 when the bot is live, 3 when an administrator still
    has to approve, 4 when steps are left to do by hand, 2 when an answer is missing, else 1."""
)
@click.option("--public-url", default="", help="Feishu calls the bot at this address.")
@click.option("--long-connection", is_flag=True, help="The bot calls Feishu; needs no address.")
@click.option("--api-url", default="", help="Address of the model service.")
@click.option("--model", default="", help="The model that answers.")
@click.option("--key-stdin", is_flag=True, help="Read OPENAI_KEY from standard input.")
@click.option("--yes", is_flag=True, help="Take the defaults instead of asking.")
@click.option("--redo", is_flag=True, help="Ask and configure again what is done already.")
@click.option("--no-start", is_flag=True, help="Don't become the bot at the end.")
@click.option("--page", is_flag=True, help="Ask on a page of the bot's port.")
@click.option("--follow", default=60.0, help="Seconds to wait for a version in review.")
def setup(
    *,
    public_url: str,
    long_connection: bool,
    api_url: str,
    model: str,
    key_stdin: bool,
    yes: bool,
    redo: bool,
    no_start: bool,
    page: bool,
    follow: float,
) -> None:
    """In the terminal, or on a page of the bot's port."""
    if public_url and long_connection:
        raise click.UsageError("--public-url and --long-connection exclude each other")
    if page:
        serve_page()
    from feishu_bot.setup.progress import Options, process_environment

    if os.getpid() == FIRST_PROCESS and not redo and process_environment().is_done:
        # A container that is started again: whoever made it by this command wants the bot.
        start_bot()
    options = Options(
        public_url=public_url,
        long_connection=long_connection,
        api_url=api_url,
        openai_key=sys.stdin.readline().strip() if key_stdin else "",
        model=model,
        redo=redo,
        follow_seconds=follow,
    )
    outcome = _run(options, asks=sys.stdin.isatty() and not yes and not key_stdin, yes=yes)
    if no_start:
        click.echo(NOT_STARTED)
        sys.exit(EXIT_CODES[outcome])
    start_bot()


def _run(options: object, *, asks: bool, yes: bool) -> str:
    """The set-up in this terminal; ends the process where it fails."""
    from feishu_bot.errors import SetupFailed
    from feishu_bot.setup.dialogue import GivenUp, NobodyToAsk
    from feishu_bot.setup.doorway import Doorway, listen
    from feishu_bot.setup.failure_text import failure_text
    from feishu_bot.setup.flow import Setup
    from feishu_bot.setup.progress import Options, process_environment
    from feishu_bot.setup.terminal import TerminalDialogue

    assert isinstance(options, Options)
    dialogue = TerminalDialogue(is_interactive=asks, accepts_defaults=yes)
    doorway = Doorway()
    flow = Setup(
        process_environment(), dialogue, options, doorway, lambda *at: listen(doorway, *at)
    )
    try:
        return flow.run()
    except SetupFailed as exc:
        dialogue.tell("fault", failure_text(exc), exc.link)
        click.echo(
            f"  步骤 / step: {exc.step}\n\n改正后再运行一次 feishu-bot setup，已完成的步骤会保留\n"
            "Put it right and run feishu-bot setup again: what is done stays done"
        )
        sys.exit(1)
    except NobodyToAsk as exc:
        click.echo(f"✗ 缺少 / missing: {exc}", err=True)
        sys.exit(2)
    except GivenUp:
        sys.exit(1)
    except (KeyboardInterrupt, click.Abort):
        click.echo("\n已停止，已完成的步骤会保留 / Stopped; what is done stays done")
        sys.exit(128 + signal.SIGINT)


def serve_page() -> NoReturn:
    """Serve the page until the set-up is done, then become the bot."""
    from feishu_bot.errors import SettingsError, SetupFailed
    from feishu_bot.settings import read_some
    from feishu_bot.setup.page_run import PageRun
    from feishu_bot.setup.progress import process_environment

    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda number, _: sys.exit(128 + number))
    progress = process_environment()
    try:
        found = read_some(progress.merged(), "bind", "http_port")
        port = found["http_port"]
        run = PageRun(progress, lambda code: click.echo(PAGE.format(port=port, code=code)))
        with run.serve(found["bind"], port):
            while not run.done.wait(1.0):
                pass
            run.wait_until_seen(LAST_LOOK_SECONDS)
            time.sleep(ALL_LOOK_SECONDS)
    except (SettingsError, SetupFailed) as exc:
        sys.exit(str(exc))
    except KeyboardInterrupt:
        sys.exit(128 + signal.SIGINT)
    start_bot()


def start_bot() -> NoReturn:
    """Become the bot, whose settings are read anew."""
    from feishu_bot.settings import load_settings

    settings = load_settings()
    if _is_taken(settings.http_port):
        click.echo(RUNNING.format(port=settings.http_port))
        sys.exit(0)
    click.echo(STARTING)
    sys.stdout.flush()
    # Threads of the set-up may hold locks; the new program has none of them.
    for thread in threading.enumerate():
        if thread is not threading.current_thread() and not thread.daemon:
            thread.join(5.0)
    os.execve(sys.executable, GUNICORN, dict(os.environ))


def _is_taken(port: int) -> bool:
    with socket.socket() as probe, contextlib.suppress(OSError):
        probe.settimeout(1.0)
        return probe.connect_ex(("127.0.0.1", port)) == 0
    return False
