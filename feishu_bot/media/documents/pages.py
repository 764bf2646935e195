"""A document as its reader gives it: parts that are read one by one, when they are wanted."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from feishu_bot.core.documents import MOST_SCANS, Document, DocumentPart, DocumentUnit
from feishu_bot.errors import MediaError

# Text without pages is cut into parts of about this many characters, at the end of a paragraph.
PART_CHARS = 4_000


@dataclass(frozen=True, slots=True)
class Pages:
    """`read` gives title and text of a part by its number, from 1 on.

    `is_drawn` is whether a part without text has something to be seen.
    """

    unit: DocumentUnit
    total: int
    read: Callable[[int], tuple[str, str]]
    is_drawn: Callable[[int], bool] = lambda number: False


def flow_pages(text: str) -> Pages:
    """Pages of a text that has none of its own."""
    parts = _cut(text)

    def read(number: int) -> tuple[str, str]:
        start, end = parts[number - 1]
        return "", text[start:end]

    return Pages("part", len(parts), read)


def take(pages: Pages, *, chars: int, first: int) -> Document:
    """The parts from `first` on that have room in `chars`, at least one; see DocumentReader.

    A `first` beyond the end is the last part. Raises MediaError when no part has any text or
    anything to be seen.
    """
    if not pages.total:
        raise MediaError("media_empty")
    taken: list[DocumentPart] = []
    room, scans = chars, 0
    for number in range(min(max(first, 1), pages.total), pages.total + 1):
        title, text = pages.read(number)
        text = text.strip()
        if len(text) > room and taken:
            break
        part = DocumentPart(
            number=number,
            title=title,
            text=text[:room],
            is_cut=len(text) > room,
            is_scan=not text and pages.is_drawn(number),
        )
        taken.append(part)
        scans += part.is_scan
        room -= len(text)
        if room <= 0 or scans >= MOST_SCANS:
            break
    if not any(part.text or part.is_scan for part in taken):
        raise MediaError("media_empty")
    return Document(unit=pages.unit, total=pages.total, parts=tuple(taken))


def _cut(text: str) -> Sequence[tuple[int, int]]:
    """Where the parts begin and end: a text of 30 MB isn't copied."""
    parts: list[tuple[int, int]] = []
    start = end = 0
    while end < len(text):
        line_end = text.find("\n", end) + 1 or len(text)
        if line_end - start <= PART_CHARS:
            end = line_end
            continue
        if end == start:
            # A line that is longer than a part.
            end = start + PART_CHARS
        parts.append((start, end))
        start = end
    parts.append((start, end))
    return [(start, end) for start, end in parts if text[start:end].strip()]
