"""What is in the files that people send, for the model to read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from feishu_bot.core.answering.document_pages import (
    PageRange,
    fitted,
    read_pages,
    text_of,
)
from feishu_bot.core.answering.modalities import Modalities
from feishu_bot.core.answering.prompt import BYTES_PER_TOKEN
from feishu_bot.core.answering.question_context import (
    ContextTag,
    QuestionContext,
    tagged,
    tags_in,
)
from feishu_bot.core.answering.recording_context import is_recording, recording_context
from feishu_bot.core.answering.scanned_pages import ScannedPages, page_tags
from feishu_bot.core.attachments import AttachmentSource, failure_notice
from feishu_bot.core.conversations import Turn
from feishu_bot.core.documents import Document, DocumentReader
from feishu_bot.core.messages import Attachment
from feishu_bot.core.notices import Notice
from feishu_bot.core.pictures import PictureReader
from feishu_bot.core.transcription import MOST_AUDIO
from feishu_bot.errors import MediaError, MediaErrorKind
from feishu_bot.logs import get_logger

logger = get_logger(__name__)

# Of one message: each takes a share of the budget, and time.
MOST_FILES = 5

# What the model is told in place of a file.
_REASONS: Mapping[MediaErrorKind, str] = {
    "media_unsupported": "its format can't be read",
    "media_broken": "it is damaged",
    "media_locked": "it has a password",
    "media_too_large": "it is too large",
    "media_empty": "it has no text",
    "media_scan": "its pages are pictures, which you can't see",
}


class AttachedFiles:
    """Fetches files and reads them; pages without text are looked at, recordings listened to.

    `most_bytes` is how large a file may be, `tokens` how much is read of all files of a message.
    """

    def __init__(
        self,
        attachments: AttachmentSource,
        documents: DocumentReader,
        pictures: PictureReader,
        *,
        most_bytes: int,
        tokens: int,
    ) -> None:
        self._attachments = attachments
        self._documents = documents
        self._scans = ScannedPages(pictures)
        self._most_bytes = most_bytes
        self._tokens = tokens

    def read(
        self, message_id: str, attachments: Iterable[Attachment], modalities: Modalities
    ) -> QuestionContext:
        """The files of a message, each from its beginning."""
        files = [item for item in attachments if item.kind == "file"]
        context = QuestionContext()
        for file in files[:MOST_FILES]:
            share = self._tokens // min(len(files), MOST_FILES)
            context += self._read(message_id, file, PageRange(1, 99_999), share, modalities)
        if len(files) > MOST_FILES:
            left = Notice("files_left", {"count": str(MOST_FILES)})
            context += QuestionContext(notices=(left,))
        return context

    def voice(self, message_id: str, item: Attachment, modalities: Modalities) -> QuestionContext:
        """What is said in a voice message that isn't the question itself."""
        try:
            with self._attachments.recording(message_id, item) as data:
                return recording_context(
                    message_id, item, data, modalities.hear, tokens=self._tokens
                )
        except MediaError as exc:
            logger.info("recording not fetched", id=message_id, reason=str(exc))
            notice = failure_notice(exc, most=MOST_AUDIO, kind="audio")
            text = tagged("recording", "(a recording that couldn't be fetched)")
            return QuestionContext(text, (notice,), notice)

    def further_pages(
        self,
        wanted: PageRange,
        question: str,
        turns: Iterable[Turn],
        modalities: Modalities,
    ) -> QuestionContext:
        """These pages of a file that was sent before, as far as they are new.

        It is the newest one, or one that the question names.
        """
        known = [tag for turn in turns for tag in tags_in(turn.question, "document")]
        known = [tag for tag in known if tag.attributes.get("key")]
        named = [tag for tag in known if tag.attributes.get("name", "\0") in question]
        if not known:
            return QuestionContext()
        newest = (named or known)[-1].attributes
        pages = _pages_of(newest["key"], known)
        missing = wanted.beyond(pages)
        if missing is None:
            return QuestionContext()
        file = Attachment(
            "file", newest["key"], newest.get("name", ""), inner_id=newest.get("inner", "")
        )
        return self._read(newest.get("message", ""), file, missing, self._tokens, modalities)

    def _read(
        self,
        message_id: str,
        file: Attachment,
        wanted: PageRange,
        tokens: int,
        modalities: Modalities,
    ) -> QuestionContext:
        message = file.message_id or message_id
        reference = {"message": message, "inner": file.inner_id, "key": file.key}
        try:
            chars = max(tokens, 1) * BYTES_PER_TOKEN
            with self._attachments.opened(message_id, file, most=self._most_bytes) as data:
                if is_recording(data):
                    return recording_context(message_id, file, data, modalities.hear, tokens=tokens)
                document = self._documents.read(file.name, data, chars=chars, first=wanted.first)
                document = fitted(document, tokens, last=wanted.last)
                seen = self._scans.of(
                    document, data, file.name, tokens=tokens, can_see=modalities.can_see
                )
        except MediaError as exc:
            logger.info("file not read", id=message_id, reason=str(exc))
            notice = failure_notice(exc, most=self._most_bytes, file=file.name)
            reason = _REASONS.get(exc.kind, "it couldn't be fetched")
            text = tagged("document", f"(not read: {reason})", name=file.name)
            return QuestionContext(text, (notice,), notice)
        document = seen.document
        pages = PageRange(document.first, document.last)
        shown = f"{pages.shown} of {document.total}"
        text = tagged("document", text_of(document), name=file.name, pages=shown, **reference)
        text += page_tags(message, file, list(seen.pictures))
        notices = (_notice(document, file.name, pages), *seen.notices)
        pictures = {f"{file.key}#{number}": one for number, one in seen.pictures.items()}
        return QuestionContext(text, notices, pictures=pictures, files=1)


def has_document(context: str) -> bool:
    """Whether something was read of a file."""
    return any(read_pages(tag.attributes) for tag in tags_in(context, "document"))


def _pages_of(key: str, tags: Iterable[ContextTag]) -> list[PageRange]:
    found = (read_pages(tag.attributes) for tag in tags if tag.attributes["key"] == key)
    return [pages for pages in found if pages]


def _notice(document: Document, name: str, pages: PageRange) -> Notice:
    """What the reader is told that was read."""
    params = {"name": name, "pages": pages.shown, "total": str(document.total)}
    if document.is_whole:
        return Notice("document_whole", params)
    if any(part.is_cut for part in document.parts):
        return Notice(f"document_{document.unit}_cut", params)
    return Notice(f"document_{document.unit}", params)
