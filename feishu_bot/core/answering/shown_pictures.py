"""The pictures of a conversation, fetched again for each question that may speak of them.

The conversation keeps where a picture is, never the picture itself.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from feishu_bot.core.answering.question_context import ContextTag, tagged, tags_in
from feishu_bot.core.attachments import MEGABYTE, AttachmentSource
from feishu_bot.core.conversations import Turn
from feishu_bot.core.messages import Attachment
from feishu_bot.core.notices import Notice
from feishu_bot.core.pictures import Picture, PictureReader
from feishu_bot.errors import MediaError
from feishu_bot.logs import get_logger

logger = get_logger(__name__)

# Of one question; people send up to nine at once from their phones.
MOST_PICTURES = 10
# Of the turns before it: each is fetched again, and a person waits for that.
MOST_EARLIER = 4


@dataclass(frozen=True, slots=True)
class ShownPictures:
    """Pictures by their key, those of the question and `earlier` ones.

    `notices` tell why others aren't among them, those of the question only.
    """

    own: Mapping[str, Picture] = field(default_factory=dict)
    earlier: Mapping[str, Picture] = field(default_factory=dict)
    notices: tuple[Notice, ...] = ()

    @property
    def all(self) -> Mapping[str, Picture]:
        return {**self.earlier, **self.own}


def picture_tags(message_id: str, attachments: Iterable[Attachment]) -> str:
    """What stands before a question in place of the pictures of a message."""
    return "".join(
        tagged("picture", "(a picture)", message=message_id, key=item.key)
        for item in attachments
        if item.kind == "image"
    )


def own_picture_tags(keys: Iterable[str]) -> str:
    """The same for pictures that the bot has drawn: they are its own uploads, of no message."""
    return "".join(tagged("picture", "(a picture)", key=key) for key in keys)


class PictureLoader:
    """Fetches pictures and makes them fit for a model.

    `most_bytes` is how large one may be, `tokens` how much they may cost together.
    """

    def __init__(
        self,
        attachments: AttachmentSource,
        pictures: PictureReader,
        *,
        most_bytes: int,
        tokens: int,
    ) -> None:
        self._attachments = attachments
        self._pictures = pictures
        self._most_bytes = most_bytes
        self._tokens = tokens

    def load(
        self,
        question: str,
        turns: Sequence[Turn],
        *,
        sees_earlier: Callable[[], bool],
        is_cancelled: Callable[[], bool],
    ) -> ShownPictures:
        """The pictures of a question, and of the turns before it what there is room for.

        The first picture is always taken. `sees_earlier` is whether those of before are of use.
        """
        tags = distinct_tags(tags_in(question, "picture"))
        own, notices, room = self._own(tags, is_cancelled)
        before = distinct_tags(
            tag for turn in reversed(turns) for tag in tags_in(turn.question, "picture")
        )
        earlier: dict[str, Picture] = {}
        if before and sees_earlier():
            earlier = self._earlier(before, room, is_cancelled)
        return ShownPictures(own, earlier, notices)

    def fetch(self, tag: ContextTag) -> Picture:
        """One picture. Raises MediaError."""
        message_id, key = tag.attributes.get("message", ""), tag.attributes["key"]
        try:
            attachment = Attachment("image", key)
            with self._attachments.opened(message_id, attachment, most=self._most_bytes) as data:
                return self._pictures.picture(data)
        except MediaError as exc:
            logger.info("picture not shown", id=message_id, reason=str(exc))
            raise

    def notice(self, exc: MediaError) -> Notice:
        """Why a picture can't be had."""
        limit = f"{self._most_bytes / MEGABYTE:g}"
        scope = exc.detail if exc.kind == "media_scope_missing" else ""
        return Notice(exc.kind, {"limit": limit, "scope": scope})

    def _own(
        self, tags: Mapping[str, ContextTag], is_cancelled: Callable[[], bool]
    ) -> tuple[dict[str, Picture], tuple[Notice, ...], int]:
        """The pictures of the question, what to say of others, and the tokens that are left."""
        own: dict[str, Picture] = {}
        # One of each kind: the same is true of several pictures.
        notices: dict[str, Notice] = {}
        room = self._tokens
        for number, (key, tag) in enumerate(tags.items()):
            if is_cancelled():
                break
            if number >= MOST_PICTURES or (own and room <= 0):
                notices["pictures_left"] = Notice("pictures_left", {"count": str(number)})
                break
            try:
                own[key] = self.fetch(tag)
                room -= own[key].tokens
            except MediaError as exc:
                notices[exc.kind] = self.notice(exc)
        return own, tuple(notices.values()), room

    def _earlier(
        self, tags: Mapping[str, ContextTag], room: int, is_cancelled: Callable[[], bool]
    ) -> dict[str, Picture]:
        """The newest ones; of one that can't be fetched any more its turn says that it was."""
        earlier: dict[str, Picture] = {}
        for key, tag in list(tags.items())[:MOST_EARLIER]:
            if room <= 0 or is_cancelled():
                break
            with contextlib.suppress(MediaError):
                earlier[key] = self.fetch(tag)
                room -= earlier[key].tokens
        return earlier


def distinct_tags(tags: Iterable[ContextTag]) -> dict[str, ContextTag]:
    """The tags of pictures by their key, each once."""
    found: dict[str, ContextTag] = {}
    for tag in tags:
        if key := tag.attributes.get("key"):
            found.setdefault(key, tag)
    return found
