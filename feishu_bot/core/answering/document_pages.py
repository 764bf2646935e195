"""Which pages of a document are wanted, which have room, and how they are written down."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from feishu_bot.core.answering.prompt import BYTES_PER_TOKEN, estimate_tokens
from feishu_bot.core.documents import Document, DocumentPart

_TO = r"\s*(?:[-–—~～至到]|\bto\b|\bthrough\b)\s*"
_UNITS = "(?:页|頁|张|張|部分|个工作表|個工作表)"
_IN_CHINESE = re.compile(rf"第\s*(\d{{1,5}})\s*{_UNITS}?(?:{_TO}第?\s*(\d{{1,5}}))?\s*{_UNITS}")
_IN_ENGLISH = re.compile(
    rf"\b(?:pages?|slides?|sheets?|parts?)\s+(\d{{1,5}})(?:{_TO}(\d{{1,5}}))?\b", re.IGNORECASE
)
_MOST = 99_999


@dataclass(frozen=True, slots=True)
class PageRange:
    """Pages, sheets, slides or parts, both ends included."""

    first: int
    last: int

    @property
    def shown(self) -> str:
        return str(self.first) if self.first == self.last else f"{self.first}–{self.last}"

    def beyond(self, read: Iterable[PageRange]) -> PageRange | None:
        """The range from its first page on that wasn't read; None when all were."""
        known = {page for pages in read for page in range(pages.first, pages.last + 1)}
        first = next((page for page in range(self.first, self.last + 1) if page not in known), None)
        return None if first is None else PageRange(first, self.last)


def asked_pages(question: str) -> PageRange | None:
    """The pages that a question names, as `第 13–20 页` or `pages 13-20`."""
    found = _IN_CHINESE.search(question) or _IN_ENGLISH.search(question)
    if not found:
        return None
    first = max(1, int(found[1]))
    return PageRange(first, max(first, int(found[2] or first)))


def read_pages(attributes: Mapping[str, str]) -> PageRange | None:
    """The pages that stand in a document's tag."""
    found = re.match(r"(\d{1,5})(?:–(\d{1,5}))? of ", attributes.get("pages", ""))
    return PageRange(int(found[1]), int(found[2] or found[1])) if found else None


def fitted(document: Document, tokens: int, *, last: int = _MOST) -> Document:
    """The parts up to `last` that have room in so many tokens; one at least, which may be cut."""
    parts: list[DocumentPart] = []
    for part in document.parts:
        cost = estimate_tokens(part.text)
        if parts and (cost > tokens or part.number > last):
            break
        if cost > tokens:
            room = max(tokens, 1) * BYTES_PER_TOKEN
            text = part.text.encode()[:room].decode(errors="ignore")
            part = replace(part, text=text, is_cut=True)  # noqa: PLW2901 (the same part, shorter)
        parts.append(part)
        tokens -= cost
    return replace(document, parts=tuple(parts))


def text_of(document: Document) -> str:
    """The text of a document, each part under its number."""
    if document.total == 1 and not document.parts[0].title:
        return _text_of_part(document.parts[0])
    return "\n\n".join(
        f"[{_heading(document, part)}]\n{_text_of_part(part)}" for part in document.parts
    )


def _text_of_part(part: DocumentPart) -> str:
    return "(no text; its picture follows)" if part.is_scan else part.text


def _heading(document: Document, part: DocumentPart) -> str:
    # Sheets are named by whoever sent the file: a name stays inside of its brackets.
    called = " ".join(re.sub(r"[\[\]]", " ", part.title).split())
    title = f": {called}" if called else ""
    return f"{document.unit} {part.number}{title}"
