"""Tables of a report, as files that spreadsheets open."""

from __future__ import annotations

import csv
import io
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

# Spreadsheets take a cell that begins with one of these for a formula, some in full width too
# (OWASP, "CSV Injection").
_FORMULA = ("=", "+", "-", "@", "＝", "＋", "－", "＠", "\t", "\r", "\n")
Cell = str | int | float


@dataclass(frozen=True, slots=True)
class Table:
    """A head, and rows of as many cells."""

    head: tuple[str, ...]
    rows: Sequence[tuple[Cell, ...]]


def as_csv(table: Table, note: str = "") -> bytes:
    """UTF-8 with a byte order mark, without which Excel takes Chinese for something else.

    Texts that a spreadsheet would calculate begin with an apostrophe. `note` is a last line.
    """
    written = io.StringIO()
    writer = csv.writer(written)
    writer.writerow(table.head)
    writer.writerows([_harmless(cell) for cell in row] for row in table.rows)
    if note:
        writer.writerow([note])
    return written.getvalue().encode("utf-8-sig", "replace")


def is_calculated(text: str) -> bool:
    """Whether a spreadsheet that opens or edits this text takes it for a formula."""
    return text.lstrip(" ").startswith(_FORMULA)


def name_lookup(
    name_of: Callable[[str], str],
    ids: Iterable[str],
    *,
    seconds: float,
    timer: Callable[[], float] = time.monotonic,
) -> dict[str, str]:
    """Names by id, as many as are found in so many seconds."""
    deadline = timer() + seconds
    names = {}
    for one in dict.fromkeys(ids):
        if timer() > deadline:
            break
        names[one] = name_of(one)
    return names


def _harmless(cell: Cell) -> Cell:
    return f"'{cell}" if isinstance(cell, str) and is_calculated(cell) else cell
