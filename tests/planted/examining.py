"""A bot against a simulator, what its log says, and what the doctor finds."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from typing import Any

from feishu_bot.core.doctor import Finding, Report
from feishu_bot.settings import Settings
from feishu_bot.setup.doctor.doctor import SystemDoctor
from feishu_bot.setup.doctor.records import open_records
from feishu_simulator import Simulator
from tests.planted.table import Told
from tests.scenarios.bots import LocalBot, environment

Examine = Callable[..., Report]

# Of the machine that the tests run on.
OF_THE_MACHINE = frozenset({"backups", "time_zone", "disk"})
# Good news, and what goes before the line that says why.
NO_FAULT = ("收到了第一条消息", "refused")


def examine(sim: Simulator, url: str, **settings: str) -> Report:
    """What `feishu-bot doctor` finds with these settings, without a question to the model."""
    environ = environment(sim, url, **settings)
    with open_records(url) as records:
        doctor = SystemDoctor(
            settings=Settings.from_env(environ),
            environ=environ,
            records=records,
            asks=False,
        )
        return doctor.examine()


def open_findings(report: Report) -> dict[str, Finding]:
    """What isn't as it should be, by check."""
    found = report.of("fault", "warning")
    return {finding.check: finding for finding in found if finding.check not in OF_THE_MACHINE}


def expect_only(report: Report, expected: dict[str, Told]) -> None:
    """Exactly these checks find something, and say it in both languages, with the remedy."""
    found = open_findings(report)
    assert found.keys() == expected.keys(), {k: (f.what, f.evidence) for k, f in found.items()}
    for check, told in expected.items():
        finding = found[check]
        zh, en = (f"{finding.what.of(lang)} {finding.remedy.of(lang)}" for lang in ("zh", "en"))
        told.expect_in(zh, en)


def log_lines(records: Iterable[logging.LogRecord]) -> list[str]:
    """What the log says to somebody who sees to things, each line once."""
    lines = [r.getMessage() for r in records if r.levelno >= logging.WARNING]
    return [line for line in dict.fromkeys(lines) if not line.startswith(NO_FAULT)]


def expect_lines(records: Iterable[logging.LogRecord], *told: Told) -> None:
    """Each line is one of these, and each of these is said."""
    lines = log_lines(records)
    assert len(lines) == len(told), lines
    for line, expected in zip(lines, told, strict=True):
        expected.expect_in(line)


def store_sightings(bot: LocalBot) -> None:
    """What the door has seen is stored now, and not within a minute."""
    for part in bot.runtime.always:
        flush: Any = getattr(part, "flush", None)
        if flush:
            flush()
