"""Every row of the table is planted somewhere, or has a reason why it isn't."""

from __future__ import annotations

import re
from pathlib import Path

from feishu_bot.setup.doctor.at_start import ExaminationAtStart
from feishu_simulator import Script
from tests.planted.conftest import table_lines
from tests.planted.examining import examine, log_lines, store_sightings
from tests.planted.table import NOT_PLANTED, TITLES, says


def test_every_row_is_planted_or_says_why_not() -> None:
    sources = (path.read_text("utf-8") for path in Path(__file__).parent.glob("test_*_rows.py"))
    planted = {row for text in sources for row in re.findall(r'"(\d+[bc]?)-', text)}

    assert len(TITLES) == 78
    assert planted | NOT_PLANTED.keys() == TITLES.keys()
    assert not planted & NOT_PLANTED.keys()


def test_the_table_has_a_verdict_for_each_row() -> None:
    lines = list(table_lines({"1": {"passed"}, "2": {"passed", "failed"}}))

    assert lines[0].split() == ["1", "good", "nothing", "is", "set"]
    assert "NOT GOOD" in lines[1]
    assert "not run" in lines[2]
    assert lines[-1] == "1 of 78 rows are good"


def test_where_all_is_well_the_log_says_so_at_the_start(
    sim, talk, start_bot, database_url, caplog
) -> None:
    caplog.set_level("INFO")
    bot = start_bot(DOCTOR_AT_START="true")
    sim.gateway.respond_with(lambda body: Script.text("the end."))
    talk.ask("hello")
    store_sightings(bot)

    parts = bot.runtime.answering
    (at_start,) = (part for part in parts if isinstance(part, ExaminationAtStart))

    # In place of the three seconds that it leaves the rest of the bot to begin.
    at_start.tell()

    said = [record.getMessage() for record in caplog.records]
    (line,) = (message for message in said if "examination" in message)
    says("没有发现问题", "Nothing wrong was found").expect_in(line)
    # Beside that there is nothing that somebody would have to see to.
    assert log_lines(caplog.records) == []
    assert examine(sim, database_url, PUBLIC_URL=bot.url).is_well
