"""What the bot can make of each kind of message that somebody sends it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from feishu_bot.core.answering.unread import kind_of
from feishu_bot.core.messages import Attachment, IncomingMessage
from feishu_bot.core.notices import Notice
from feishu_bot.core.tasks import AskQuestion

# People write these themselves.
WORDS: Final = frozenset({"text", "post"})
# The attachments that are read, where the question or what it quotes has them.
READ_KINDS: Final = frozenset({"file", "image"})
# Those of a message that is quoted: a recording isn't the question itself there.
QUOTED_KINDS: Final = READ_KINDS | {"audio"}
# Their event doesn't tell what is in them, or not all of it.
FETCHED: Final = frozenset(
    {"merge_forward", "interactive", "nonsupport", "share_chat", "share_user"}
)


def is_readable(message: IncomingMessage) -> bool:
    """Whether there is something to be answered, as far as that is known before it is read."""
    if is_voice(message) or message.kind in FETCHED or any(map(is_shown, message.attachments)):
        return True
    return bool(message.text) and message.kind not in WORDS


def is_voice(message: IncomingMessage | None) -> bool:
    """Whether the question is said in a recording."""
    return message is not None and message.kind == "audio" and bool(message.attachments)


def is_shown(attachment: Attachment) -> bool:
    """Whether an attachment is read, or something of it is to be seen."""
    # A forwarded chat that came before the words about it is opened.
    is_read = attachment.kind in READ_KINDS or attachment.kind == "merge_forward"
    return is_read or bool(attachment.cover)


def unshown(attachments: Iterable[Attachment]) -> tuple[Attachment, ...]:
    """Those of which nothing is read or seen."""
    return tuple(item for item in attachments if not is_shown(item))


def unreadable(task: AskQuestion) -> Notice | None:
    """Why a question can't be asked."""
    message = task.message
    if message and is_readable(message):
        return None
    if message and message.kind not in WORDS:
        return Notice("unsupported_message", {"kind": message.kind})
    if task.text:
        return None
    if message and message.attachments:
        return Notice("unsupported_message", {"kind": kind_of(message.attachments)})
    return Notice("empty_question")
