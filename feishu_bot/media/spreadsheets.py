"""Tables as a file of Excel; by XlsxWriter."""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from feishu_bot.core.tables import Cell, Table

if TYPE_CHECKING:
    from xlsxwriter.worksheet import Worksheet

# "Excel specifications and limits".
MOST_CHARS = 32_000
MOST_ROWS = 1_000_000
NAME_CHARS = 31
WIDEST = 60
# What calculates as a number: no long ids, whose last digits would be lost, and none that begins
# with a zero.
_NUMBER = re.compile(
    r"[-\u2212]?(?:0|[1-9]\d{0,2}(?:,\d{3}){1,3}|[1-9]\d{0,11})(?:\.\d{1,6})?", re.ASCII
)
_NOT_IN_NAMES = re.compile(r"[\[\]:*?/\\']")


def write_spreadsheet(sheets: Sequence[tuple[str, Table]]) -> bytes:
    """Implements `core.answer_files.SpreadsheetWriter`.

    Texts are texts, whatever they begin with: no formula, no link. Those that a spreadsheet would
    calculate when they are edited, or exported, are marked as such.
    """
    import xlsxwriter

    written = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(written, options) as book:
        head = book.add_format({"bold": True, "bottom": 1, "text_wrap": True, "valign": "top"})
        body = book.add_format({"text_wrap": True, "valign": "top"})
        quoted = book.add_format({"text_wrap": True, "valign": "top", "quote_prefix": True})
        for name, table in sheets:
            sheet = book.add_worksheet(_NOT_IN_NAMES.sub(" ", name)[:NAME_CHARS])
            for column, cell in enumerate(table.head):
                sheet.write_string(0, column, _text(cell), head)
            for number, row in enumerate(table.rows[:MOST_ROWS], 1):
                for column, value in enumerate(map(_value, row)):
                    if not isinstance(value, str):
                        sheet.write_number(number, column, value, body)
                    else:
                        is_formula = value.lstrip().startswith(("=", "+", "-", "@"))
                        sheet.write_string(number, column, value, quoted if is_formula else body)
            _set_widths(sheet, table)
            sheet.freeze_panes(1, 0)
    return written.getvalue()


def _value(cell: Cell) -> Cell:
    if not isinstance(cell, str):
        return cell
    if _NUMBER.fullmatch(cell):
        return float(cell.replace(",", "").replace("\u2212", "-"))
    return _text(cell)


def _text(cell: Cell) -> str:
    return str(cell).encode("utf-8", "replace").decode()[:MOST_CHARS]


def _set_widths(sheet: Worksheet, table: Table) -> None:
    for column, title in enumerate(table.head):
        cells = [title, *(str(row[column]) for row in table.rows[:200] if column < len(row))]
        widest = max(map(_width, cells))
        sheet.set_column(column, column, min(max(widest + 2, 8), WIDEST))


def _width(text: str) -> int:
    """Columns of a terminal, as spreadsheets count too: a Chinese character takes two."""
    lines = text.splitlines()
    return max((len(line) + sum(c > "\u2e7f" for c in line) for line in lines), default=0)
