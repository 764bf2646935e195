"""Where an answer goes."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Self

from feishu_bot.core.messages import ChatType, IncomingMessage, Sender


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplyTarget:
    """To a message, else to a chat, else to the person who asked.

    `chat_type` is None where a click doesn't tell; others may be reading then. `has_thread` is
    whether the message stands in a thread or topic, None where that isn't known. `asked` is the
    question, and who asks it, where it was pressed and no message says it.
    """

    message_id: str
    chat_id: str
    chat_type: ChatType | None
    sender: Sender
    has_thread: bool | None = None
    asked: str = ""

    @classmethod
    def of(cls, message: IncomingMessage) -> Self:
        """The target of a reply to this message."""
        return cls(
            message_id=message.message_id,
            chat_id=message.chat_id,
            chat_type=message.chat_type,
            sender=message.sender,
            has_thread=bool(message.thread_id),
        )

    def to_answer(self, answer_id: str) -> Self:
        """The target of a reply to the answer that went here."""
        return replace(self, message_id=answer_id, asked="")

    @property
    def is_private(self) -> bool:
        """Whether nobody but the person who asked reads the answer."""
        return self.chat_type == "p2p"
