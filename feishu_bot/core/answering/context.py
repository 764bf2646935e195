"""What a question refers to without the bot knowing: a quoted message, or the thread before it.

It stands before the question between two tags, which every model understands, whatever language
is spoken, and which are taken off again where people read the question. What can't be read is
named there, so that the model doesn't answer as if it were not there.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from feishu_bot.core.answering.attached_files import AttachedFiles
from feishu_bot.core.answering.document_pages import asked_pages
from feishu_bot.core.answering.message_kinds import QUOTED_KINDS, WORDS, unshown
from feishu_bot.core.answering.modalities import Modalities
from feishu_bot.core.answering.question_context import QuestionContext, tagged
from feishu_bot.core.answering.sent_things import SentThings
from feishu_bot.core.answering.shown_pictures import own_picture_tags, picture_tags
from feishu_bot.core.answering.transcript import (
    transcribe,
    unread_among,
    unread_kinds,
    words_of,
)
from feishu_bot.core.answering.unread import kind_of, names_of, shared_kind
from feishu_bot.core.conversations import Conversation, Conversations
from feishu_bot.core.fetched_messages import FetchedMessage, MessageReader
from feishu_bot.core.messages import Attachment, IncomingMessage
from feishu_bot.core.notices import Notice
from feishu_bot.core.text import shorten

QUOTE_CHARS = 6_000
THREAD_CHARS = 12_000


@dataclass(frozen=True, slots=True, kw_only=True)
class MissingContext:
    """Asks Feishu for what the store doesn't know."""

    conversations: Conversations
    archive: MessageReader
    files: AttachedFiles
    things: SentThings

    def of(
        self,
        message: IncomingMessage,
        conversation: Conversation,
        modalities: Modalities,
    ) -> QuestionContext:
        """What to put before the question; empty when there is nothing that isn't known."""
        in_thread = bool(message.thread_id)
        if in_thread:
            before = self._thread(message, conversation, modalities)
        else:
            before = self._quoted(message, conversation, modalities)
        if message.kind not in WORDS:
            before += self.things.of(message, modalities)
        # A recording is the question itself.
        attached = tuple(item for item in message.attachments if item.kind != "audio")
        if attached:
            return before + self._attached(message.message_id, attached, modalities)
        if wanted := asked_pages(message.text):
            before += self.files.further_pages(wanted, message.text, conversation.turns, modalities)
        return before

    def _attached(
        self, message_id: str, attachments: tuple[Attachment, ...], modalities: Modalities
    ) -> QuestionContext:
        """What is in the attachments of the question, and the names of those that aren't read."""
        context = QuestionContext()
        for item in attachments:
            if item.kind == "merge_forward":
                context += self._fetched(item.message_id, modalities)
        context += self._read(message_id, attachments, modalities)
        unread = unshown(attachments)
        if not unread:
            return context
        named = tagged("attachments", "\n".join(names_of(unread)))
        kind = kind_of(unread)
        return context + QuestionContext(named, (Notice("attachment_unread", {"kind": kind}),))

    def _read(
        self, message_id: str, attachments: Iterable[Attachment], modalities: Modalities
    ) -> QuestionContext:
        covers = any(item.cover for item in attachments)
        notices = (Notice("video_cover"),) if covers else ()
        pictures = QuestionContext(picture_tags(message_id, attachments), notices)
        context = pictures + self.files.read(message_id, attachments, modalities)
        for item in attachments:
            if item.kind == "audio":
                context += self.files.voice(message_id, item, modalities)
        return context

    def _quoted(
        self, message: IncomingMessage, conversation: Conversation, modalities: Modalities
    ) -> QuestionContext:
        parent, last = message.parent_id, conversation.turns[-1:]
        if not parent or parent in message.part_ids:
            return QuestionContext()
        if last and last[0].drawing and parent in last[0].answer_ids:
            # Asked about a picture that the bot has drawn.
            return QuestionContext(own_picture_tags(last[0].drawing.pictures))
        known = (id for turn in conversation.turns for id in (turn.question_id, *turn.answer_ids))
        if parent in known or self.conversations.turn_of(parent):
            return QuestionContext()
        if self.conversations.key_of(parent):
            return self._own_card(parent)
        return self._fetched(parent, modalities)

    def _own_card(self, message_id: str) -> QuestionContext:
        """What stands on a card of the bot that is no answer: of help, usage, a notice."""
        card = self.archive.quoted(message_id)
        if card is None or not (card.is_own and card.text):
            return QuestionContext()
        return QuestionContext(tagged("quoted_message", shorten(card.text, QUOTE_CHARS)))

    def _fetched(self, message_id: str, modalities: Modalities) -> QuestionContext:
        """What stands in a message that Feishu has, in full."""
        quoted = self.archive.quoted(message_id)
        if quoted is None or not quoted.is_readable:
            scope = quoted.missing_scope if quoted else ""
            notice = Notice("quote_forbidden" if scope else "quote_unreadable", {"scope": scope})
            told = tagged("quoted_message", "(a message that can't be read)")
            return QuestionContext(told, (notice,))
        if quoted.parts:
            return self.things.forwards.of(quoted, modalities, tag="quoted_message")
        quoted = self.things.named(quoted)
        said = words_of(quoted, QUOTED_KINDS)
        cut = (Notice("quote_cut"),) if len(said) > QUOTE_CHARS else ()
        told = tagged("quoted_message", shorten(said, QUOTE_CHARS))
        context = QuestionContext(told, (*_unread_in(quoted), *cut))
        return context + self._read(quoted.message_id, quoted.attachments, modalities)

    def _thread(
        self, message: IncomingMessage, conversation: Conversation, modalities: Modalities
    ) -> QuestionContext:
        # The first post of a topic has nothing before it. Where there were turns once, the
        # conversation was begun afresh, and that is how it shall stay.
        if not message.root_id or conversation.turns:
            return QuestionContext()
        if self.conversations.tree(conversation.key, whole=True):
            return QuestionContext()
        lines = [
            line
            for line in self.archive.thread(message.thread_id)
            if line.message_id not in (message.message_id, *message.part_ids)
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
        said = transcribe(
            lines,
            room=THREAD_CHARS,
            read=lambda line: QUOTED_KINDS if line is asked_about else (),
        )
        others = unread_among(line for line in lines if line is not asked_about)
        cut = (Notice("thread_cut"),) if said.is_cut else ()
        context = QuestionContext(tagged("earlier_messages", said.text), (*others, *cut))
        if asked_about is None:
            return context
        if asked_about.kind == "merge_forward":
            # A list of messages has its name only.
            forward = self.archive.quoted(asked_about.message_id)
            if forward and forward.parts:
                return context + self.things.forwards.of(forward, modalities, tag="forwarded_chat")
        context += QuestionContext(notices=_unread_in(asked_about))
        return context + self._read(asked_about.message_id, asked_about.attachments, modalities)


def _unread_in(message: FetchedMessage) -> tuple[Notice, ...]:
    """What a quoted message holds that isn't read."""
    kinds = unread_kinds(message)
    if message.attachments:
        kinds = frozenset(item.kind for item in unshown(message.attachments)) - QUOTED_KINDS
    return (Notice("quote_unread", {"kind": shared_kind(kinds)}),) if kinds else ()
