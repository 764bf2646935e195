"""The pictures of a conversation, fetched again for each question that may speak of them.

The conversation keeps where a picture is, never the picture itself.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from types import MappingProxyType

from feishu_bot.core.answering.question_context import ContextTag, tagged, tags_in
from feishu_bot.core.answering.unread import shown_name
from feishu_bot.core.attachments import AttachmentSource, failure_notice
from feishu_bot.core.conversations import Turn
from feishu_bot.core.messages import Attachment
from feishu_bot.core.notices import Notice
from feishu_bot.core.pictures import PAGE_TOKENS, Picture, PictureReader
from feishu_bot.core.text import whole_number
from feishu_bot.errors import MediaError
from feishu_bot.logs import get_logger

logger = get_logger(__name__)

# Of one question; people send up to nine at once from their phones.
MOST_PICTURES = 10
# Pictures, or files with pages, of the turns before it: each is fetched again, and a person waits.
MOST_EARLIER = 4


@dataclass(frozen=True, slots=True)
class ShownPictures:
    """Pictures by their `ContextTag.reference`: those of the question, and `earlier` ones.

    `notices` tell why a picture of the question isn't among them.
    """

    own: Mapping[str, Picture] = field(default_factory=dict)
    earlier: Mapping[str, Picture] = field(default_factory=dict)
    notices: tuple[Notice, ...] = ()

    @property
    def all(self) -> Mapping[str, Picture]:
        """Both."""
        return {**self.earlier, **self.own}


def picture_tags(message_id: str, attachments: Iterable[Attachment]) -> str:
    """What stands before a question in place of the pictures of a message.

    Of a video that is its first picture.
    """
    return "".join(
        tagged(
            "picture",
            words,
            message=item.message_id or message_id,
            inner=item.inner_id,
            key=key,
        )
        for item in attachments
        for key, words in _pictures_of(item)
    )


def own_picture_tags(keys: Iterable[str]) -> str:
    """The same for pictures that the bot has drawn: they are its own uploads, of no message."""
    return "".join(tagged("picture", "(a picture)", key=key) for key in keys)


def _pictures_of(item: Attachment) -> Iterator[tuple[str, str]]:
    """The key of what is to be seen of an attachment, and words for it."""
    if item.kind == "image":
        yield item.key, "(a picture)"
    if item.kind == "video" and item.cover:
        name = shown_name(item.name)
        yield item.cover, f"(the first picture of a video, which isn't played: {name})"


class PictureLoader:
    """Fetches pictures and makes them fit for a model.

    `most_bytes` is how large one may be, `most_file_bytes` a file whose pages are pictures;
    `tokens` is how much they may cost together.
    """

    def __init__(
        self,
        attachments: AttachmentSource,
        pictures: PictureReader,
        *,
        most_bytes: int,
        most_file_bytes: int,
        tokens: int,
    ) -> None:
        self._attachments = attachments
        self._pictures = pictures
        self._most_bytes = most_bytes
        self._most_file_bytes = most_file_bytes
        self._tokens = tokens

    def load(
        self,
        question: str,
        turns: Sequence[Turn],
        *,
        ready: Mapping[str, Picture] = MappingProxyType({}),
        sees_earlier: Callable[[], bool],
        is_cancelled: Callable[[], bool],
    ) -> ShownPictures:
        """The pictures of a question, and of the turns before it what there is room for.

        The first picture is always taken, and those that are `ready`. `sees_earlier` tells whether
        some model looks at those of earlier turns.
        """
        tags = distinct_tags(tags_in(question, "picture"))
        own, notices, room = self._own(tags, ready, is_cancelled)
        before = distinct_tags(
            tag for turn in reversed(turns) for tag in tags_in(turn.question, "picture")
        )
        earlier: dict[str, Picture] = {}
        if before and sees_earlier():
            earlier = self._earlier(before, room, is_cancelled)
        return ShownPictures(own, earlier, notices)

    def fetch(self, tag: ContextTag) -> Picture:
        """One picture, or page. Raises MediaError."""
        found = self._fetch([tag])
        if tag.reference not in found:
            raise MediaError("media_unavailable", "no such page")
        return found[tag.reference]

    def notice(self, exc: MediaError) -> Notice:
        """Why a picture can't be had."""
        return failure_notice(exc, most=self._most_bytes)

    def _own(
        self,
        tags: Mapping[str, ContextTag],
        ready: Mapping[str, Picture],
        is_cancelled: Callable[[], bool],
    ) -> tuple[dict[str, Picture], tuple[Notice, ...], int]:
        """The pictures of the question, what to say of others, and the tokens that are left."""
        own = {reference: ready[reference] for reference in tags if reference in ready}
        # One of each kind: the same is true of several pictures.
        notices: dict[str, Notice] = {}
        room = self._tokens - sum(picture.tokens for picture in own.values())
        tried = len(own)
        for together in _by_download(tags[reference] for reference in tags if reference not in own):
            if is_cancelled():
                break
            if tried >= MOST_PICTURES or (own and room <= 0):
                notices["pictures_left"] = Notice("pictures_left", {"count": str(tried)})
                break
            tried += len(together)
            try:
                fetched = self._fetch(together)
                own |= fetched
                room -= sum(picture.tokens for picture in fetched.values())
            except MediaError as exc:
                notices[exc.kind] = self.notice(exc)
        return own, tuple(notices.values()), room

    def _earlier(
        self, tags: Mapping[str, ContextTag], room: int, is_cancelled: Callable[[], bool]
    ) -> dict[str, Picture]:
        """The newest ones; of one that can't be fetched any more its turn says that it was."""
        earlier: dict[str, Picture] = {}
        for together in list(_by_download(tags.values()))[:MOST_EARLIER]:
            if room <= 0 or is_cancelled():
                break
            with contextlib.suppress(MediaError):
                fetched = self._fetch(together[: max(1, room // PAGE_TOKENS)])
                earlier |= fetched
                room -= sum(picture.tokens for picture in fetched.values())
        return earlier

    def _fetch(self, together: Sequence[ContextTag]) -> dict[str, Picture]:
        """A picture, or pages of a file, by what leads to them. Raises MediaError."""
        first = together[0].attributes
        message_id, key, inner_id = first.get("message", ""), first["key"], first.get("inner", "")
        is_page = "page" in first
        attachment = Attachment("file" if is_page else "image", key, inner_id=inner_id)
        most = self._most_file_bytes if is_page else self._most_bytes
        try:
            with self._attachments.opened(message_id, attachment, most=most) as data:
                if not is_page:
                    return {together[0].reference: self._pictures.picture(data)}
                numbers = [whole_number(tag.attributes["page"]) or 0 for tag in together]
                pages = self._pictures.pages(data, numbers)
            return {tag.reference: page for tag, page in zip(together, pages, strict=False)}
        except MediaError as exc:
            logger.info("picture not shown", id=message_id, reason=str(exc))
            raise


def distinct_tags(tags: Iterable[ContextTag]) -> dict[str, ContextTag]:
    """The tags of pictures by what leads to them, each once."""
    found: dict[str, ContextTag] = {}
    for tag in tags:
        if tag.reference:
            found.setdefault(tag.reference, tag)
    return found


def _by_download(tags: Iterable[ContextTag]) -> Iterator[list[ContextTag]]:
    """The tags of what is fetched at once: the pages of a file, or one picture."""
    for _, group in groupby(tags, key=lambda tag: tag.attributes["key"]):
        yield list(group)
