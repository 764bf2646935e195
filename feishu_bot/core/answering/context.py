"""What a question refers to without the bot knowing: a quoted message, or the thread before it.

It stands before the question between two tags, which every model understands, whatever language
is spoken, and which are taken off again where people read the question. What can't be read is
named there, so that the model doesn't answer as if it were not there.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Protocol

from feishu_bot.core.answering.attached_files import AttachedFiles
from feishu_bot.core.answering.document_pages import asked_pages
from feishu_bot.core.answering.question_context import QuestionContext, tagged
from feishu_bot.core.answering.shown_pictures import own_picture_tags, picture_tags
from feishu_bot.core.answering.unread import in_words, kind_of, names_of, shared_kind
from feishu_bot.core.conversations import Conversation, Conversations
from feishu_bot.core.messages import Attachment, IncomingMessage
from feishu_bot.core.notices import Notice
from feishu_bot.core.text import shorten


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchedMessage:
    """A message as Feishu keeps it. `sender` is an open_id, or an app id for the bots' own.

    `kind` is Feishu's message type. `parts` are the messages of a forwarded chat, oldest first,
    and `forwarded_in` is the message that such a part came in. `missing_scope` is set in place of
    everything else where the app may not read it.
    """

    message_id: str
    text: str = ""
    sender: str = ""
    name: str = ""
    is_own: bool = False
    created_at: float = 0.0
    kind: str = "text"
    attachments: tuple[Attachment, ...] = ()
    parts: tuple[FetchedMessage, ...] = ()
    forwarded_in: str = ""
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


QUOTE_CHARS = 6_000
LINE_CHARS = 2_000
THREAD_CHARS = 12_000
# The attachments that are read, where the question or what it quotes has them.
READ_KINDS = frozenset({"file", "image"})


class MissingContext:
    """Asks Feishu for what the store doesn't know."""

    def __init__(
        self, conversations: Conversations, archive: MessageReader, files: AttachedFiles
    ) -> None:
        self._conversations = conversations
        self._archive = archive
        self._files = files

    def of(self, message: IncomingMessage, conversation: Conversation) -> QuestionContext:
        """What to put before the question; empty when there is nothing that isn't known."""
        in_thread = bool(message.thread_id)
        before = (
            self._thread(message, conversation)
            if in_thread
            else self._quoted(message, conversation)
        )
        if message.attachments:
            return before + self._attached(message.message_id, message.attachments)
        if wanted := asked_pages(message.text):
            before += self._files.further_pages(wanted, message.text, conversation.turns)
        return before

    def _attached(self, message_id: str, attachments: tuple[Attachment, ...]) -> QuestionContext:
        """What is in the attachments of the question, and the names of those that aren't read."""
        context = self._read(message_id, attachments)
        unread = tuple(item for item in attachments if item.kind not in READ_KINDS)
        if not unread:
            return context
        named = tagged("attachments", "\n".join(names_of(unread)))
        kind = kind_of(unread)
        return context + QuestionContext(named, (Notice("attachment_unread", {"kind": kind}),))

    def _read(self, message_id: str, attachments: tuple[Attachment, ...]) -> QuestionContext:
        pictures = QuestionContext(picture_tags(message_id, attachments))
        return pictures + self._files.read(message_id, attachments)

    def _quoted(self, message: IncomingMessage, conversation: Conversation) -> QuestionContext:
        parent, last = message.parent_id, conversation.turns[-1:]
        if parent and last and last[0].drawing and parent in last[0].answer_ids:
            # Asked about a picture that the bot has drawn.
            return QuestionContext(own_picture_tags(last[0].drawing.pictures))
        if not parent or self._conversations.key_of(parent) or self._conversations.turn_of(parent):
            return QuestionContext()
        quoted = self._archive.quoted(parent)
        if quoted is None or not quoted.is_readable:
            scope = quoted.missing_scope if quoted else ""
            notice = Notice("quote_forbidden" if scope else "quote_unreadable", {"scope": scope})
            told = tagged("quoted_message", "(a message that can't be read)")
            return QuestionContext(told, (notice,))
        told, is_cut = _in_full(quoted)
        cut = (Notice("quote_cut"),) if is_cut else ()
        context = QuestionContext(tagged("quoted_message", told), (*_unread_in(quoted), *cut))
        return context + self._read(quoted.message_id, quoted.attachments)

    def _thread(self, message: IncomingMessage, conversation: Conversation) -> QuestionContext:
        # The first post of a topic has nothing before it. Where there were turns once, the
        # conversation was begun afresh, and that is how it shall stay.
        if not message.root_id or conversation.turns:
            return QuestionContext()
        if self._conversations.tree(conversation.key, whole=True):
            return QuestionContext()
        lines = [
            line
            for line in self._archive.thread(message.thread_id)
            if line.message_id != message.message_id
            and (not message.created_at or line.created_at <= message.created_at)
        ]
        if not lines:
            return QuestionContext()
        refused = next((line for line in lines if not line.is_readable), None)
        if refused:
            scope = refused.missing_scope
            notice = Notice("thread_forbidden" if scope else "thread_unreadable", {"scope": scope})
            told = tagged("earlier_messages", "(messages that can't be read)")
            return QuestionContext(told, (notice,))
        replied_to = (message.parent_id, message.root_id)
        asked_about = next((line for line in lines if line.message_id in replied_to), None)
        told, is_cut = _transcript(lines, read=asked_about)
        notices = _unread_in(asked_about) if asked_about else ()
        others = _unread_among(line for line in lines if line is not asked_about)
        cut = (Notice("thread_cut"),) if is_cut else ()
        context = QuestionContext(tagged("earlier_messages", told), (*notices, *others, *cut))
        if asked_about is None:
            return context
        return context + self._read(asked_about.message_id, asked_about.attachments)


def _unread_in(message: FetchedMessage) -> tuple[Notice, ...]:
    """What a quoted message holds that isn't read."""
    kinds = _unread_kinds(message) - (READ_KINDS if message.attachments else frozenset())
    if message.attachments and not kinds:
        return ()
    if kinds:
        return (Notice("quote_unread", {"kind": shared_kind(kinds)}),)
    return _unread_among(message.parts)


def _unread_among(messages: Iterable[FetchedMessage]) -> tuple[Notice, ...]:
    """What wasn't read of several; the bot knows its own."""
    kinds = {kind for message in messages if not message.is_own for kind in _unread_kinds(message)}
    return (Notice("earlier_unread", {"kind": shared_kind(kinds)}),) if kinds else ()


def _unread_kinds(message: FetchedMessage) -> frozenset[str]:
    if message.attachments:
        return frozenset(item.kind for item in message.attachments)
    return frozenset() if message.text or message.parts else frozenset({message.kind})


def _in_full(message: FetchedMessage) -> tuple[str, bool]:
    """A quoted message, and whether a part of it was left out."""
    if message.parts:
        said, is_cut = _transcript(message.parts)
        return f"{in_words('merge_forward', is_read=True)}\n\n{said}", is_cut
    said = _said(message, READ_KINDS)
    return shorten(said, QUOTE_CHARS), len(said) > QUOTE_CHARS


def _said(message: FetchedMessage, read_kinds: Collection[str] = ()) -> str:
    """Its words, and the names of what isn't words."""
    named = names_of(message.attachments, read_kinds=read_kinds)
    if not (message.text or named):
        named = (in_words(message.kind),)
    return "\n".join(filter(None, (message.text, *named)))


def _transcript(
    lines: Iterable[FetchedMessage], read: FetchedMessage | None = None
) -> tuple[str, bool]:
    """`person 1: …`, `assistant: …`, and whether anything was left out.

    `read` is the one whose attachments are read. The oldest lines go when there are too many words.
    """
    people: dict[str, str] = {}
    said: list[str] = []
    is_cut = False
    for line in lines:
        number = str(len(people) + 1)
        who = "assistant" if line.is_own else f"person {people.setdefault(line.sender, number)}"
        words = _said(line, READ_KINDS if line is read else ())
        is_cut |= len(words) > LINE_CHARS
        said.append(f"{who}: {shorten(words, LINE_CHARS)}")
    kept: list[str] = []
    room = THREAD_CHARS
    for text in reversed(said):
        room -= len(text)
        if room < 0:
            break
        kept.append(text)
    if len(kept) < len(said):
        kept.append("(earlier messages left out)")
        is_cut = True
    return "\n\n".join(reversed(kept)), is_cut
