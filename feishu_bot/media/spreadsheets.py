"""Tables as a file of Excel; by XlsxWriter."""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING

from feishu_bot.core.tables import Cell, Table, is_calculated

if TYPE_CHECKING:
    from xlsxwriter.format import Format
    from xlsxwriter.worksheet import Worksheet

# "Excel specifications and limits".
MOST_CHARS = 32_000
MOST_ROWS = 1_000_000
NAME_CHARS = 31
WIDEST = 60
# What calculates as a number: none that begins with a zero, as codes do.
_NUMBER = re.compile(
    r"(?P<sign>[-\u2212]?)(?P<whole>0|[1-9]\d{0,2}(?:,\d{3})+|[1-9]\d*)(?:\.(?P<part>\d+))?"
    r"(?P<percent>%?)",
    re.ASCII,
)
# A spreadsheet keeps fifteen digits of a number, and shows eleven of a whole one in a usual cell:
# the longer ones are ids, whose last digits must stay.
MOST_DIGITS = 15
MOST_WHOLE_DIGITS = 11
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

        @cache
        def shown_as(look: str) -> Format:
            return book.add_format({"valign": "top", "num_format": look})

        for name, table in sheets:
            sheet = book.add_worksheet(_NOT_IN_NAMES.sub(" ", name)[:NAME_CHARS])
            for column, title in enumerate(table.head):
                sheet.write_string(0, column, _text(title), head)
            for number, row in enumerate(table.rows[:MOST_ROWS], 1):
                for column, cell in enumerate(row):
                    value, look = _number(cell)
                    if value is not None:
                        sheet.write_number(number, column, value, shown_as(look))
                    else:
                        text = _text(cell)
                        is_formula = is_calculated(text)
                        sheet.write_string(number, column, text, quoted if is_formula else body)
            _set_widths(sheet, table)
            sheet.freeze_panes(1, 0)
    return written.getvalue()


def _number(cell: Cell) -> tuple[float | None, str]:
    """The value of a cell, and the format that shows it as it was written; None for a text."""
    if not isinstance(cell, str):
        return cell, "General"
    found = _NUMBER.fullmatch(cell)
    if found is None:
        return None, ""
    whole, part = found["whole"].replace(",", ""), found["part"] or ""
    is_zero = not (whole + part).strip("0")
    if (
        len(whole) > MOST_WHOLE_DIGITS
        or len(whole) + len(part) > MOST_DIGITS
        or (is_zero and found["sign"])
    ):
        return None, ""
    hundredth = "e-2" if found["percent"] else ""
    value = float(f"{'-' * bool(found['sign'])}{whole}.{part or 0}{hundredth}")
    look = ("#,##0" if "," in found["whole"] else "0") + f".{'0' * len(part)}".rstrip(".")
    return value, look + found["percent"]


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
