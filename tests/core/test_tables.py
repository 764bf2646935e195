"""Tables as files for spreadsheets."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feishu_bot.core.tables import Table, as_csv, name_lookup
from tests.polling import Clock

CALCULATED = "=+-@＝＋－＠\t\r\n"


def read(data: bytes) -> list[list[str]]:
    assert data.startswith(b"\xef\xbb\xbf")
    return list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline="")))


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"]), min_size=1), min_size=1))
def test_no_text_is_calculated_and_none_is_lost(cells: list[str]) -> None:
    table = Table(tuple("x" for _ in cells), [tuple(cells)])

    _, row = read(as_csv(table))

    assert [cell.removeprefix("'") for cell in row] == [cell.removeprefix("'") for cell in cells]
    assert not any(cell.lstrip(" ").startswith(tuple(CALCULATED)) for cell in row)


@pytest.mark.parametrize(
    "text", ["=1+1", "+49", "-1", "@SUM(A1)", "＝1", "  =1", "\t=1", "\r=1", "=cmd|'/c calc'!A0"]
)
def test_what_a_spreadsheet_would_calculate_begins_with_an_apostrophe(text: str) -> None:
    assert read(as_csv(Table(("a",), [(text,)])))[1] == [f"'{text}"]


def test_numbers_stay_numbers_and_a_note_comes_last() -> None:
    table = Table(("a", "b"), [("x", -1.5)])

    assert read(as_csv(table, "that is all")) == [["a", "b"], ["x", "-1.5"], ["that is all"]]


def test_half_a_character_spoils_no_table() -> None:
    assert read(as_csv(Table(("a",), [("\ud83d",)])))[1] == ["?"]


def test_names_are_looked_up_once_and_for_so_long_only() -> None:
    clock, asked = Clock(0.0), []

    def name_of(open_id: str) -> str:
        asked.append(open_id)
        clock.tick(4.0)
        return open_id.upper()

    names = name_lookup(name_of, ["a", "b", "a", "c", "d", "e"], seconds=10.0, timer=clock)

    assert names == {"a": "A", "b": "B", "c": "C"}
    assert asked == ["a", "b", "c"]
