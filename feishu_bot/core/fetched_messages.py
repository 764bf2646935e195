"""Messages that the bot was not sent, as the platform keeps them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from feishu_bot.core.messages import Attachment

# The kind of a message that was taken back.
RECALLED = "recalled"


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchedMessage:
    """A message as Feishu keeps it. `sender` is an open_id, or an app id for the bots' own.

    `kind` is Feishu's message type. `parts` are the messages of a forwarded chat, oldest first,
    those of another one inside it right behind it, and `left_out` is how many more it has.
    `forwarded_in` is the message that a part came in, `depth` how many forwards are around that.
    `subject` is the person or group whose card it is, by id. `missing_scope` is set in place of
    everything else where the app may not read it.
    """

    message_id: str
    text: str = ""
    sender: str = ""
    name: str = ""
    is_own: bool = False
    created_at: float = 0.0
    kind: str = "text"
    subject: str = ""
    attachments: tuple[Attachment, ...] = ()
    parts: tuple[FetchedMessage, ...] = ()
    left_out: int = 0
    forwarded_in: str = ""
    depth: int = 0
    missing_scope: str = ""

    @property
    def is_readable(self) -> bool:
        """Whether there is something to be told of it, if only what it is."""
        return bool(self.kind) and not self.missing_scope


class MessageReader(Protocol):
    """What was said in Feishu without the bot knowing of it."""

    def quoted(self, message_id: str) -> FetchedMessage | None:
        """One message; None when it can't be read."""

    def thread(self, thread_id: str) -> tuple[FetchedMessage, ...]:
        """The newest messages of a thread, oldest first; may be none.

        Where they can't be read, one stands for them all, with its `missing_scope` or without
        a kind.
        """

    def chat_name(self, chat_id: str) -> str:
        """The name of a group; empty where it isn't known."""
