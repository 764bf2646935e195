"""Spreadsheets (.xlsx, .xls, .xlsb, .ods), sheet by sheet, by python-calamine."""

from __future__ import annotations

import datetime
import io
from typing import Any

from feishu_bot.errors import MediaError
from feishu_bot.media.documents.pages import Pages
from feishu_bot.media.documents.tables import markdown_table

# A sheet of a million rows is not read by a model: what is beyond is left out, and said.
MOST_ROWS = 20_000
MOST_COLUMNS = 200


def read_sheets(data: bytes) -> Pages:
    """The values of each sheet as a table, formulas by their last result. Raises MediaError."""
    import python_calamine

    try:
        book = python_calamine.load_workbook(io.BytesIO(data))
    except python_calamine.PasswordError as exc:
        raise MediaError("media_locked") from exc
    except (python_calamine.CalamineError, ValueError, OSError) as exc:
        raise MediaError("media_broken", "spreadsheet") from exc
    names = book.sheet_names

    def read(number: int) -> tuple[str, str]:
        name = names[number - 1]
        try:
            rows = book.get_sheet_by_name(name).to_python(nrows=MOST_ROWS)
        except (python_calamine.CalamineError, ValueError, OSError):
            # A sheet of charts, or a broken one, shall not hide the others.
            return name, ""
        return name, markdown_table([_shown(value) for value in row[:MOST_COLUMNS]] for row in rows)

    return Pages("sheet", len(names), read)


def _shown(value: Any) -> str:
    match value:
        case float() if value.is_integer() and abs(value) < 1e15:
            return str(int(value))
        case float():
            return f"{value:.10g}"
        case datetime.datetime() if not (value.hour or value.minute or value.second):
            return value.date().isoformat()
        case datetime.datetime():
            return value.isoformat(" ", "minutes")
        case _:
            return str(value)
