"""Names for what a message holds besides words, as the model is told of them."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from typing import Final

from feishu_bot.core.messages import Attachment

NAME_CHARS: Final = 120

_ATTACHMENTS = frozenset({"image", "file"})
_LABELS = {
    "image": "a picture",
    "media": "a video",
    "video": "a video",
    "audio": "a voice message",
    "file": "a file",
    "folder": "a folder",
    "sticker": "a sticker",
    "interactive": "a card",
    "merge_forward": "a forwarded chat",
    "share_chat": "a group's contact card",
    "share_user": "a person's contact card",
    "location": "a place",
    "todo": "a task",
    "vote": "a poll",
    "hongbao": "a red packet",
    "video_chat": "a video meeting",
    "share_calendar_event": "a calendar event",
    "calendar": "a calendar event",
    "general_calendar": "a calendar event",
    "recalled": "a message that was recalled",
    "system": "a notice of Feishu",
}
# Control characters, line breaks and marks of direction could pass for something else.
_UNSAFE = re.compile(r"[\x00-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\s]+")


def names_of(
    attachments: Sequence[Attachment], *, read_kinds: Collection[str] = ()
) -> tuple[str, ...]:
    """A name for each, as `(a file, not read: 周报.pdf)`; `read_kinds` are those that are read."""
    return tuple(
        label_for(item.kind, item.name, is_read=item.kind in read_kinds) for item in attachments
    )


def label_for(kind: str, name: str = "", *, is_read: bool = False) -> str:
    """A name for a message or attachment of this kind, which says so where it wasn't read.

    A model that is shown the name of a file alone makes up what stands in it.
    """
    what = _LABELS.get(kind, "a message that can't be read")
    if kind in _LABELS and not is_read:
        what += ", not read"
    called = shown_name(name)
    return f"({what}: {called})" if called else f"({what})"


def shown_name(name: str) -> str:
    """The name of a file on one line, and not too long."""
    return _UNSAFE.sub(" ", name).strip()[:NAME_CHARS]


def kind_of(attachments: Sequence[Attachment]) -> str:
    """The kind of them all, by its name in the texts."""
    return shared_kind({item.kind for item in attachments})


def shared_kind(kinds: Collection[str]) -> str:
    """One word for these kinds, by its name in the texts; there is one at least."""
    if len(kinds) == 1:
        return next(iter(kinds))
    return "attachments" if _ATTACHMENTS.issuperset(kinds) else "several"
