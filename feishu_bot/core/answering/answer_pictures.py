"""Pictures in an answer: those that the model made, and those that it names by their addresses.

What a model makes is uploaded while it writes. What it names is fetched once its text is whole and
saved, for a few seconds, while people read: nothing waits for a picture that is slow.

To fetch an address that a model names is to send what stands in it. Somebody who can put words
into a file or a forwarded message could have the model write what it has read into an address of
theirs. So by default that is done only where nothing was read but what people typed.
"""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Final, Literal, Protocol

from feishu_bot.core.answering.draft import Draft
from feishu_bot.core.answering.question import Question
from feishu_bot.core.answering.question_context import context_of
from feishu_bot.core.chat_model import PictureDelta
from feishu_bot.core.pictures import PictureReader
from feishu_bot.core.public_files import PublicFiles
from feishu_bot.errors import FeishuError, MediaError, PermissionMissing
from feishu_bot.logs import get_logger

logger = get_logger(__name__)

FetchPolicy = Literal["typed", "always", "never"]

# "Upload an image": bytes.
LARGEST: Final = 10_000_000
MOST_MADE: Final = 10
MOST_NAMED: Final = 6
# Seconds for all that an answer names, and for one that the model made.
NAMED_SECONDS: Final = 5.0
MADE_SECONDS: Final = 30.0
# Downloads of a process: each is in memory meanwhile.
AT_ONCE: Final = 4
SCOPE: Final = "im:resource"

_CODE = re.compile(
    r"^ {0,3}(`{3,}|~{3,})[^\n]*\n.*?(?:^ {0,3}\1[`~]*[ \t]*$|\Z)|`[^`\n]+`",
    re.MULTILINE | re.DOTALL,
)
_NAMED = re.compile(
    r"!\[[^\]\n]{0,500}\]\(\s{0,3}<?(https?://[^\s()<>]{1,2000}(?:\([^\s()<>]{0,500}\)[^\s()<>]{0,500})?)",
    re.IGNORECASE,
)
# What Feishu takes as it is: PNG, JPEG, GIF and WebP, by how they begin.
_UPLOADED = re.compile(rb"\x89PNG\r\n\x1a\n|\xff\xd8\xff|GIF8[79]a|RIFF....WEBP", re.DOTALL)


class Upload(Protocol):
    """Uploads a picture within so many seconds; returns its key. Raises FeishuError."""

    def __call__(self, data: bytes, *, patience: float) -> str: ...


class AnswerPictures:
    """Puts pictures where cards can show them, and notes their keys in the draft."""

    def __init__(
        self,
        *,
        files: PublicFiles,
        pictures: PictureReader,
        upload: Upload,
        policy: FetchPolicy = "typed",
        seconds: float = NAMED_SECONDS,
        timer: Callable[[], float] = time.monotonic,
    ) -> None:
        self._files = files
        self._pictures = pictures
        self._upload = upload
        self._policy = policy
        self._seconds = seconds
        self._timer = timer
        self._free = threading.BoundedSemaphore(AT_ONCE)

    def keep(self, made: PictureDelta, draft: Draft, is_cancelled: Callable[[], bool]) -> str:
        """Upload a picture that the model made; its key, empty where that fails.

        The draft notes the key, or that a picture was lost.
        """
        try:
            data = self._made(made, draft, is_cancelled)
            checked = self._pictures.picture(data).data
            key = self._put(data if _is_uploaded(data) else checked, checked)
        except (MediaError, FeishuError) as exc:
            logger.warning("picture lost", reason=exc)
            # Where it has an address, that stays as a link.
            if not made.url:
                scope = SCOPE if isinstance(exc, PermissionMissing) else ""
                draft.lost_pictures, draft.lost_scope = draft.lost_pictures + 1, scope
            return ""
        draft.pictures = {**draft.pictures, made.target: key}
        return key

    def complete(
        self, draft: Draft, question: Question | None, is_cancelled: Callable[[], bool]
    ) -> bool:
        """Fetch the pictures that a whole answer names; whether the draft has any more now."""
        if "![" not in draft.text or not self._may_fetch(draft, question):
            return False
        addresses = [one for one in named_in(draft.text) if one not in draft.pictures]
        found = self._fetch_all(addresses[:MOST_NAMED], is_cancelled)
        draft.pictures = {**draft.pictures, **found}
        return bool(found)

    def _made(self, made: PictureDelta, draft: Draft, is_cancelled: Callable[[], bool]) -> bytes:
        if len(draft.pictures) >= MOST_MADE:
            raise MediaError("media_too_large", "too many pictures")
        if made.data:
            return made.data
        if not made.url or self._policy == "never":
            raise MediaError("media_unavailable", "no picture")
        return self._files.fetch(
            made.url, most=LARGEST, timeout=MADE_SECONDS, is_cancelled=is_cancelled
        )

    def _put(self, data: bytes, checked: bytes) -> str:
        try:
            return self._upload(data, patience=MADE_SECONDS)
        except PermissionMissing:
            raise
        except FeishuError:
            if data == checked:
                raise
            # It may have too many pixels for Feishu.
            return self._upload(checked, patience=MADE_SECONDS)

    def _may_fetch(self, draft: Draft, question: Question | None) -> bool:
        if self._policy == "never" or draft.notice == "stopped" or question is None:
            return False
        return self._policy == "always" or _is_typed(draft, question)

    def _fetch_all(
        self, addresses: list[str], is_cancelled: Callable[[], bool]
    ) -> Mapping[str, str]:
        """Keys by address, as many as there are in time."""
        ends_at = self._timer() + self._seconds
        found: dict[str, str] = {}

        def left() -> float:
            return max(0.0, ends_at - self._timer())

        def fetch(address: str) -> None:
            if not self._free.acquire(timeout=left()):
                return
            try:
                data = self._files.fetch(
                    address, most=LARGEST, timeout=left(), is_cancelled=is_cancelled
                )
                # Written anew by the process that reads it: nothing of a stranger's file is sent.
                found[address] = self._upload(self._pictures.picture(data).data, patience=left())
            except (MediaError, FeishuError) as exc:
                logger.info("picture stays a link", reason=exc)
            finally:
                self._free.release()

        # Looking a name up can't be ended: such a thread is left behind.
        threads = [
            threading.Thread(target=fetch, args=(address,), name="picture", daemon=True)
            for address in addresses
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(left())
        return dict(found)


def named_in(text: str) -> Iterator[str]:
    """The addresses of pictures in Markdown, each once; those in code are none."""
    plain = _CODE.sub("", text) if "`" in text or "~~~" in text else text
    yield from dict.fromkeys(_NAMED.findall(plain))


def _is_typed(draft: Draft, question: Question) -> bool:
    """Whether nothing was read but what people typed: no file, picture or other message."""
    asked = (question.text, *(turn.question for turn in question.conversation.turns))
    return not draft.context and not any(map(context_of, asked))


def _is_uploaded(data: bytes) -> bool:
    return len(data) <= LARGEST and _UPLOADED.match(data) is not None
