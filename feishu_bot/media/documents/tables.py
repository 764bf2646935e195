"""Rows as a table of Markdown, which every model reads well."""

from __future__ import annotations

from collections.abc import Iterable, Sequence


def markdown_table(rows: Iterable[Sequence[str]]) -> str:
    """The table; its first row is the head. Empty rows, and empty columns at the end, go."""
    kept = [[_cell(text) for text in row] for row in rows]
    kept = [row for row in kept if any(row)]
    if not kept:
        return ""
    width = max(_width(row) for row in kept)
    lines = [_line((row + [""] * width)[:width]) for row in kept]
    return "\n".join([lines[0], _line(["---"] * width), *lines[1:]])


def _width(row: Sequence[str]) -> int:
    return max(number for number, text in enumerate(row, 1) if text)


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"
