"""What the log says after a start, and how often Feishu is asked for it."""

from __future__ import annotations

import logging
import shutil

import pytest

from feishu_bot.core.doctor import Finding, Report
from feishu_bot.core.languages import Words
from feishu_bot.settings import Settings
from feishu_bot.setup.doctor.at_start import (
    ILL_SECONDS,
    WELL_SECONDS,
    ExaminationAtStart,
    subject_of,
)
from feishu_bot.stores import Database, SqlInstallation
from feishu_simulator import Simulator
from tests.polling import Clock, eventually
from tests.scenarios.bots import environment

GOOD = Finding(check="bot", state="ok", title=Words("机器人", "Bot"), what=Words("好", "Fine"))
BAD = Finding(
    check="scopes",
    state="fault",
    title=Words("权限", "Scopes"),
    what=Words("缺少 x", "Missing: x"),
    remedy=Words("开通", "Grant it"),
)
SILENT = Finding(
    check="event_flow",
    state="unknown",
    title=Words("收到的事件", "Events that came"),
    what=Words("还没有收到过消息", "No message has come yet"),
)


class World:
    """An installation that is started now and then."""

    def __init__(self, installation: SqlInstallation) -> None:
        self.installation = installation
        self.clock = Clock(1_000_000.0)
        self.findings = [GOOD]
        self.examined = 0
        self.kept: Report | None = None
        self.starts = 0

    def examine(self) -> Report:
        self.examined += 1
        findings = tuple(self.findings)
        self.kept = Report(version="1", at=self.clock.now, findings=findings)
        return self.kept

    def latest(self) -> Report | None:
        return self.kept

    def started(self, *, subject: str = "settings", processes: int = 1) -> None:
        """What happens at a start of so many processes."""
        self.starts += 1
        for _ in range(processes):
            self.part(subject=subject).tell()

    def part(self, *, subject: str = "settings", delay: float = 0.0) -> ExaminationAtStart:
        return ExaminationAtStart(
            self,
            self.installation,
            start_id=f"start {self.starts}",
            subject=subject,
            delay=delay,
            clock=self.clock,
        )


@pytest.fixture
def world(tmp_path, migrated_file):
    shutil.copy(migrated_file, tmp_path / "bot.db")
    database = Database(f"sqlite:///{tmp_path}/bot.db")
    yield World(SqlInstallation(database))
    database.close()


def lines(caplog, level=logging.INFO):
    return [record.message for record in caplog.records if record.levelno >= level]


def test_a_bot_that_is_well_says_so_in_one_line(world, caplog):
    caplog.set_level(logging.INFO)

    world.started()

    (line,) = lines(caplog)
    assert "没有发现问题 / Nothing wrong was found" in line


def test_what_is_wrong_is_a_warning_in_both_languages(world, caplog):
    world.findings = [GOOD, BAD, SILENT]

    world.started()

    whole, bad, silent = lines(caplog, logging.WARNING)
    assert "1 处不通 / 1 not working" in whole
    assert bad == "✗ 权限：缺少 x。开通 / Scopes: Missing: x. Grant it"
    assert silent.startswith("? 收到的事件：还没有收到过消息 / Events that came: No message")


def test_of_all_processes_of_a_start_one_says_it(world, caplog):
    caplog.set_level(logging.INFO)

    world.started(processes=4)

    assert world.examined == 1
    assert len(lines(caplog)) == 1


def test_a_bot_that_crashes_all_day_asks_feishu_once(world, caplog):
    for _ in range(50):
        world.started()
        world.clock.tick(600)

    assert world.examined == 1
    assert "min ago" not in caplog.text
    world.clock.tick(WELL_SECONDS)
    world.started()
    assert world.examined == 2


def test_where_something_was_wrong_a_start_after_an_hour_looks_again(world, caplog):
    world.findings = [BAD]
    world.started()
    world.clock.tick(1200)
    world.started()
    assert world.examined == 1
    assert "20 分钟前 / 20 min ago" in caplog.text

    world.clock.tick(ILL_SECONDS)
    world.started()

    assert world.examined == 2


def test_other_settings_are_looked_at_at_once(world):
    world.started()
    world.started(subject="other settings")

    assert world.examined == 2


def test_what_goes_wrong_with_it_harms_nothing(world, caplog):
    def fail():
        raise RuntimeError("no memory")

    world.examine = fail
    part = world.part()

    part.start()

    eventually(lambda: "no examination at this start" in caplog.text)
    part.stop()


def test_one_that_is_stopped_at_once_examines_nothing(world):
    part = world.part(delay=60.0)
    part.start()

    part.stop()

    assert world.examined == 0


def test_the_subject_changes_with_the_settings_and_tells_none_of_them():
    with Simulator() as sim:
        environ = environment(sim, "sqlite:///x.db")
    settings = Settings.from_env(environ)

    subject = subject_of(settings, {})

    assert subject == subject_of(Settings.from_env(environ), {})
    assert subject != subject_of(Settings.from_env(environ | {"APP_SECRET": "another"}), {})
    assert subject != subject_of(settings, {"HTTPS_PROXY": "http://proxy:3128"})
    assert settings.app_secret not in subject
