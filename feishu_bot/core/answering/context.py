"""What a question refers to without the bot knowing: a quoted message, or the thread before it.

It stands before the question between two tags, which every model understands, whatever language
is spoken, and which are taken off again where people read the question.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

from feishu_bot.core.conversations import Conversation, Conversations
from feishu_bot.core.messages import IncomingMessage
from feishu_bot.core.text import shorten


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchedMessage:
    """A message as Feishu keeps it. `sender` is an open_id, or an app id for the bots' own."""

    message_id: str
    text: str
    sender: str = ""
    is_own: bool = False
    created_at: float = 0.0


class MessageReader(Protocol):
    """What was said in Feishu without the bot knowing of it."""

    def quoted(self, message_id: str) -> FetchedMessage | None:
        """One message; None when it can't be read, or says nothing in words."""

    def thread(self, thread_id: str) -> tuple[FetchedMessage, ...]:
        """The newest messages of a thread that say something, oldest first; may be none."""


QUOTE_CHARS = 6_000
LINE_CHARS = 2_000
THREAD_CHARS = 12_000

_BACKGROUND = re.compile(r"\A<(quoted_message|earlier_messages)>\n.*?\n</\1>\n\n", re.DOTALL)
_TAG = re.compile(r"<(?=/?(?:quoted_message|earlier_messages)>)")


class MissingContext:
    """Asks Feishu for what the store doesn't know. What can't be read is silently gone without."""

    def __init__(self, conversations: Conversations, archive: MessageReader) -> None:
        self._conversations = conversations
        self._archive = archive

    def of(self, message: IncomingMessage, conversation: Conversation) -> str:
        """What to put before the question; empty when there is nothing that isn't known."""
        if message.thread_id:
            return self._thread(message, conversation)
        return self._quoted(message)

    def _quoted(self, message: IncomingMessage) -> str:
        parent = message.parent_id
        if not parent or self._conversations.key_of(parent) or self._conversations.turn_of(parent):
            return ""
        quoted = self._archive.quoted(parent)
        return _tagged("quoted_message", shorten(quoted.text, QUOTE_CHARS)) if quoted else ""

    def _thread(self, message: IncomingMessage, conversation: Conversation) -> str:
        # The first post of a topic has nothing before it. Where there were turns once, the
        # conversation was begun afresh, and that is how it shall stay.
        if not message.root_id or conversation.turns:
            return ""
        if self._conversations.tree(conversation.key, whole=True):
            return ""
        lines = [
            line
            for line in self._archive.thread(message.thread_id)
            if line.message_id != message.message_id
            and (not message.created_at or line.created_at <= message.created_at)
        ]
        return _tagged("earlier_messages", _transcript(lines)) if lines else ""


def without_context(question: str) -> str:
    """The question as it was written."""
    return _BACKGROUND.sub("", question, count=1)


def _transcript(lines: Iterable[FetchedMessage]) -> str:
    """`person 1: …`, `assistant: …`; the oldest lines go when there are too many words."""
    people: dict[str, str] = {}
    said: list[str] = []
    for line in lines:
        number = str(len(people) + 1)
        who = "assistant" if line.is_own else f"person {people.setdefault(line.sender, number)}"
        said.append(f"{who}: {shorten(line.text, LINE_CHARS)}")
    kept: list[str] = []
    room = THREAD_CHARS
    for text in reversed(said):
        room -= len(text)
        if room < 0:
            break
        kept.append(text)
    return "\n\n".join(reversed(kept))


def _tagged(tag: str, text: str) -> str:
    return f"<{tag}>\n{_TAG.sub('&lt;', text)}\n</{tag}>\n\n"
