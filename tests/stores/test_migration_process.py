"""What migrations need stays out of the process that goes on."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from tests.stores.second_process import SecondProcess

Start = Callable[[str, str], SecondProcess]


def test_the_tables_are_made_by_a_process_that_ends(tmp_path: Path, start_process: Start) -> None:
    url = f"sqlite:///{tmp_path}/bot.db"

    for _ in range(2):
        assert start_process("make_tables", url).rest().split() == ["current", "False"]


def test_a_database_that_can_not_be_opened_is_left_to_others_to_tell(
    tmp_path: Path, start_process: Start
) -> None:
    (tmp_path / "file").write_text("")

    process = start_process("make_tables", f"sqlite:///{tmp_path}/file/bot.db")

    assert process.rest().split() == ["unavailable", "False"]
