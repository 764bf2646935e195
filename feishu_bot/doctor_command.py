"""feishu-bot doctor: looks at everything the bot needs, and says what is wrong and what to do."""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping
from typing import Any

import click

from feishu_bot import __version__
from feishu_bot.errors import SettingsError
from feishu_bot.settings.environment import load_environment

_ask = click.option(
    "--ask/--no-ask",
    default=True,
    show_default=True,
    help="Ask the model one short question, which costs a few tokens.",
)
_json = click.option("--json", "as_json", is_flag=True, help="Print JSON, for programs.")


def add_to(group: click.Group) -> None:
    """Add the command to those of the command line, also by its former name."""
    group.add_command(doctor)
    former = click.Command(
        "check", callback=doctor.callback, params=doctor.params, help=doctor.help, hidden=True
    )
    group.add_command(former)


@click.command(
    help="""Examine settings, database, Feishu app, addresses and model service.

    Says what is wrong and what to do about it; ends with 1 if something doesn't work."""
)
@_ask
@_json
def doctor(*, ask: bool, as_json: bool) -> None:
    """Print the report."""
    from feishu_bot.setup.doctor import printed

    if not as_json:
        click.echo(f"feishu_bot {__version__}")
    report = _examine(asks=ask)
    for line in [printed.as_json(report)] if as_json else printed.as_lines(report):
        click.echo(line)
    sys.exit(0 if report.is_well else 1)


def _examine(*, asks: bool) -> Any:
    """The `Report`; of settings that can't be used nothing but their faults."""
    from feishu_bot.core.doctor import Report
    from feishu_bot.setup.doctor.doctor import SystemDoctor
    from feishu_bot.setup.doctor.machine import faults_of, read_settings
    from feishu_bot.setup.doctor.records import open_records

    environ: Mapping[str, str] = {}
    try:
        environ = load_environment()
        settings, found = read_settings(environ)
    except SettingsError as exc:
        settings, found = None, faults_of(exc)
    if settings is None:
        return Report(version=__version__, at=time.time(), findings=tuple(found))
    with open_records(settings.database_url) as records:
        return SystemDoctor(
            settings=settings, environ=environ, records=records, asks=asks, is_outside=True
        ).examine()
