"""Pages of a document that have no text: a model looks at them, if it can."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from feishu_bot.core.answering.prompt import estimate_tokens
from feishu_bot.core.answering.question_context import tagged
from feishu_bot.core.answering.unread import shown_name
from feishu_bot.core.documents import Document, DocumentPart
from feishu_bot.core.messages import Attachment
from feishu_bot.core.notices import Notice
from feishu_bot.core.pictures import PAGE_TOKENS, Picture, PictureReader
from feishu_bot.errors import MediaError
from feishu_bot.logs import get_logger

logger = get_logger(__name__)

# Of one question, however large the budget is: a request takes only so many bytes.
MOST_PAGES = 8


@dataclass(frozen=True, slots=True)
class SeenDocument:
    """A document up to the last page that is shown, and the pictures of those without text.

    `notices` tell of those that are seen, or are not.
    """

    document: Document
    pictures: Mapping[int, Picture] = field(default_factory=dict)
    notices: tuple[Notice, ...] = ()


class ScannedPages:
    """Makes pictures of the pages of a document that have no text."""

    def __init__(self, pictures: PictureReader) -> None:
        self._pictures = pictures

    def of(
        self,
        document: Document,
        data: bytes,
        name: str,
        *,
        tokens: int,
        can_see: Callable[[], bool],
    ) -> SeenDocument:
        """The document with the pictures of its pages, as far as they fit into `tokens`.

        Raises MediaError where it has no text at all and nobody can look at it.
        """
        scans = [part for part in document.parts if part.is_scan]
        if not scans:
            return SeenDocument(document)
        has_text = len(scans) < len(document.parts)
        if not can_see():
            if not has_text:
                raise MediaError("media_scan")
            return _unseen(document, scans, name)
        tokens -= sum(estimate_tokens(part.text) for part in document.parts if part.text)
        room = max(1, min(MOST_PAGES, tokens // PAGE_TOKENS))
        document, scans = _with_room(document, scans, room)
        try:
            made = self._pictures.pages(data, [part.number for part in scans])
        except MediaError as exc:
            logger.info("pages not drawn", reason=str(exc))
            if not has_text:
                raise
            return _unseen(document, scans, name)
        pictures = {part.number: one for part, one in zip(scans, made, strict=False)}
        return SeenDocument(document, pictures, (_notice("scans_seen", scans, name),))


def page_tags(message_id: str, file: Attachment, numbers: Sequence[int]) -> str:
    """What stands before a question in place of the pictures of a file's pages."""
    return "".join(
        tagged(
            "picture",
            f"(page {number} of {shown_name(file.name)})",
            message=message_id,
            inner=file.inner_id,
            key=file.key,
            page=str(number),
        )
        for number in numbers
    )


def _unseen(document: Document, scans: Sequence[DocumentPart], name: str) -> SeenDocument:
    parts = tuple(
        replace(part, text="(a page without text, not read)", is_scan=False)
        if part.is_scan
        else part
        for part in document.parts
    )
    return SeenDocument(
        replace(document, parts=parts), notices=(_notice("scans_unseen", scans, name),)
    )


def _with_room(
    document: Document, scans: list[DocumentPart], room: int
) -> tuple[Document, list[DocumentPart]]:
    """The document before the first page that has no room to be seen, and the pages that have."""
    if len(scans) <= room:
        return document, scans
    end = scans[room].number
    parts = tuple(part for part in document.parts if part.number < end)
    return replace(document, parts=parts), scans[:room]


def _notice(kind: str, scans: Sequence[DocumentPart], name: str) -> Notice:
    return Notice(kind, {"name": name, "pages": _ranges([part.number for part in scans])})


def _ranges(numbers: Sequence[int]) -> str:
    """`1–4, 7`."""
    runs: list[tuple[int, int]] = []
    for number in numbers:
        if runs and runs[-1][1] == number - 1:
            runs[-1] = (runs[-1][0], number)
        else:
            runs.append((number, number))
    shown = (str(first) if first == last else f"{first}–{last}" for first, last in runs)
    return ", ".join(shown)
