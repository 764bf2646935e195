"""The command line. Heavy modules are imported only by the command that needs them."""

from __future__ import annotations

import importlib.util
import os
import signal
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NoReturn

import click

from feishu_bot import __version__, doctor_command, report_commands, setup_command
from feishu_bot.bot_process import GUNICORN
from feishu_bot.errors import SettingsError, StoreUnavailable
from feishu_bot.settings import FILE_VARIABLE, Settings, load_settings, read_setting
from feishu_bot.settings.environment import load_environment
from feishu_bot.web import listening

FEISHU_VARIABLES = ("APP_ID", "APP_SECRET", "APP_ENCRYPT_KEY", "APP_VERIFICATION_TOKEN")
WITHOUT_THE_SIMULATOR = """\
没有配置飞书应用，这里也没有安装模拟器。部署文档：docs/deploy.zh-CN.md
No Feishu app is set up, and the simulator is not installed here. Deploy guide: docs/deploy.md"""
WITHOUT_AN_APP = """\
没有配置飞书应用，机器人将连接内置的模拟器运行。
No Feishu app is set up, so the bot runs against the built-in simulator."""
WITHOUT_SQLITE = """\
数据库是 PostgreSQL，请用它自己的工具备份，它会询问密码：
The database is PostgreSQL: back it up with its own tool, which asks for the password:"""
BACKED_UP = "备份完成，已校验 / The copy is complete and was verified:"
BESIDE_AN_APP = """\
机器人将连接内置的模拟器运行，不会用到已配置的应用。
The bot runs against the built-in simulator; the app that is set up is left alone."""


# What --help says is never a docstring: in the image Python drops those.
@click.group(help="An AI chat bot for Feishu and Lark.")
@click.version_option(__version__, prog_name="feishu-bot")
def main() -> None:
    """What all commands have in common."""
    # Copies, tables and logs are for the user alone who runs it.
    os.umask(0o077)


report_commands.add_to(main)
doctor_command.add_to(main)
setup_command.add_to(main)


def _page_options(command: Callable[..., None]) -> Callable[..., None]:
    """Add the options of a command that may start the simulator."""
    port = click.option(
        "--port",
        type=click.IntRange(0, 65535),
        help="Port of the simulator's page, 0 for any; by default 9001 if that is free.",
    )
    no_browser = click.option("--no-browser", is_flag=True, help="Don't open the page.")
    return port(no_browser(command))


@main.command(
    help="""Run the bot; without an app's credentials, against the built-in simulator.

    Where there is no simulator, as in the image, a page asks for what is missing."""
)
@_page_options
def run(port: int | None, no_browser: bool) -> None:
    """Become what there are settings for."""
    environ = _environment()
    if _is_half_set_up(environ) or (not _credentials_in(environ) and not _has_simulator()):
        setup_command.serve_page()
    if _credentials_in(environ):
        _run_for_real(environ)
    _simulate(environ, port, no_browser)


@main.command(help="Run the bot against the built-in simulator, never against Feishu.")
@_page_options
@click.option("--beside-credentials", is_flag=True, help="Start even if a real app is set up.")
def simulate(port: int | None, no_browser: bool, beside_credentials: bool) -> None:
    """Refuses where a real app is set up, unless it is told otherwise."""
    environ = _environment()
    found = _credentials_in(environ)
    if found and not beside_credentials:
        places = {True: "environment", False: ".env"}
        where = ", ".join(f"{name} ({places[name in os.environ]})" for name in found)
        sys.exit(
            f"这里设置了真实应用的凭证：{where}。为免混淆，模拟器没有启动。\n"
            f"The credentials of a real app are set here: {where}. "
            "The simulator was not started, so that nobody takes one for the other.\n"
            "仍要启动（模拟的机器人不会拿到这些凭证）/ "
            "To start it anyway (the simulated bot is not given them):\n"
            f"  {click.get_current_context().command_path} --beside-credentials"
        )
    _simulate(environ, port, no_browser)


@main.command(
    help="""Copy the database while the bot runs, to TARGET: a file or a folder.

    Without TARGET the copy lies beside the database, with the time in its name. The path of the
    copy is all that is printed to standard output."""
)
@click.argument("target", required=False, type=click.Path(path_type=Path))
def backup(target: Path | None) -> None:
    """Ends with what to do where the database is PostgreSQL."""
    from feishu_bot.stores import backup as backups

    try:
        url = read_setting("DATABASE_URL", _environment())
        if not backups.is_sqlite(url):
            command = backups.pg_dump_command(url, time.time())
            sys.exit(f"{WITHOUT_SQLITE}\n\n  {command}")
        path = backups.back_up(url, target, now=time.time())
    except (SettingsError, StoreUnavailable) as exc:
        sys.exit(str(exc))
    click.echo(BACKED_UP, err=True)
    click.echo(path)


def _environment() -> dict[str, str]:
    try:
        return load_environment()
    except SettingsError as exc:
        sys.exit(str(exc))


def _credentials_in(environ: Mapping[str, str]) -> list[str]:
    """The names of a real app's credentials that are set."""
    return [name for name in FEISHU_VARIABLES if environ.get(name, "").strip()]


def _has_simulator() -> bool:
    return importlib.util.find_spec("feishu_simulator") is not None


def _is_half_set_up(environ: Mapping[str, str]) -> bool:
    """Whether the page's set-up was left unfinished: its own file is there, and not enough."""
    file = environ.get(FILE_VARIABLE, "").strip()
    if not file or not Path(file).is_file():
        return False
    try:
        Settings.from_env(environ)
    except SettingsError:
        # What the administrator has set wrongly by themselves is told by the start.
        return not any(os.environ.get(name, "").strip() for name in FEISHU_VARIABLES)
    return False


def _run_for_real(environ: Mapping[str, str]) -> NoReturn:
    """Become the bot; faults in the settings end the process in plain words."""
    settings = load_settings()
    port = settings.http_port
    # gunicorn would find out once all is imported and the database brought up to date, which may
    # be that of an older bot that still runs.
    if not listening.is_inherited() and (why := listening.refusal(settings.bind, port)):
        sys.exit(why)
    click.echo(
        f"正式运行，端口 {port} / Running for real on port {port}. "
        "部署文档 / deploy guide: docs/deploy.zh-CN.md"
    )
    os.execve(sys.executable, GUNICORN, dict(environ))


def _simulate(environ: Mapping[str, str], port: int | None, no_browser: bool) -> NoReturn:
    """Run against the simulator until the person ends it, or a signal does."""
    try:
        from feishu_bot import simulated_run
    except ModuleNotFoundError as exc:
        sys.exit(f"{WITHOUT_THE_SIMULATOR} ({exc.name})")
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _exit)
    click.echo(BESIDE_AN_APP if _credentials_in(environ) else WITHOUT_AN_APP)
    try:
        sys.exit(simulated_run.serve(environ, port, opens_browser=not no_browser))
    except KeyboardInterrupt:
        sys.exit(128 + signal.SIGINT)


def _exit(number: int, _frame: object) -> NoReturn:
    """End as the signal asks, through every `finally`, and ignore its repetitions."""
    for repeated in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(repeated, signal.SIG_IGN)
    sys.exit(128 + number)
