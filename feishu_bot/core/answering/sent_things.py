"""What people send that is neither words nor a file: forwarded chats, cards, places, polls, …"""

from __future__ import annotations

from dataclasses import dataclass, replace

from feishu_bot.core.answering.attached_files import AttachedFiles
from feishu_bot.core.answering.contact_cards import ContactCards
from feishu_bot.core.answering.forwarded_chat import ForwardedChats
from feishu_bot.core.answering.message_kinds import FETCHED, READ_KINDS
from feishu_bot.core.answering.modalities import Modalities
from feishu_bot.core.answering.question_context import QuestionContext, tagged, tags_in
from feishu_bot.core.answering.shown_pictures import picture_tags
from feishu_bot.core.answering.transcript import words_of
from feishu_bot.core.answering.unread import label_for
from feishu_bot.core.fetched_messages import FetchedMessage, MessageReader
from feishu_bot.core.messages import IncomingMessage
from feishu_bot.core.notices import Notice
from feishu_bot.core.text import shorten

SENT_CHARS = 12_000


@dataclass(frozen=True, slots=True, kw_only=True)
class SentThings:
    """Reads them, where the event tells too little over the platform's API."""

    archive: MessageReader
    cards: ContactCards
    forwards: ForwardedChats
    files: AttachedFiles

    def of(self, message: IncomingMessage, modalities: Modalities) -> QuestionContext:
        """What stands before a question for a message of this kind, also for one without words."""
        sent = FetchedMessage(
            message_id=message.message_id,
            text=message.text,
            kind=message.kind,
            subject=message.subject,
        )
        if message.kind not in FETCHED:
            return _context_of(sent) if sent.text else QuestionContext()
        if message.subject:
            return _context_of(self.named(sent))
        fetched = self.archive.quoted(message.message_id)
        if fetched and fetched.parts:
            return self.forwards.of(fetched, modalities, tag="forwarded_chat")
        if fetched is None or not fetched.is_readable:
            # Of a card the event has a few words.
            return _context_of(sent, fetched.missing_scope if fetched else "")
        context = _context_of(self.named(replace(fetched, text=fetched.text or sent.text)))
        context += QuestionContext(picture_tags(message.message_id, fetched.attachments))
        return context + self.files.read(message.message_id, fetched.attachments, modalities)

    def named(self, message: FetchedMessage) -> FetchedMessage:
        """The message, for a person's or a group's card with whose it is."""
        if message.text or not message.subject:
            return message
        return replace(message, text=self.cards.text(message.kind, message.subject))


def has_things(context: str) -> bool:
    """Whether something of this kind was read."""
    return any(any(tags_in(context, tag)) for tag in ("forwarded_chat", "sent_message"))


def _context_of(message: FetchedMessage, missing_scope: str = "") -> QuestionContext:
    if message.text or message.attachments:
        words = words_of(message, READ_KINDS)
        cut = (Notice("sent_cut"),) if len(words) > SENT_CHARS else ()
        return QuestionContext(tagged("sent_message", shorten(words, SENT_CHARS)), cut)
    if missing_scope:
        failure = Notice("sent_forbidden", {"kind": message.kind, "scope": missing_scope})
    elif message.kind in ("merge_forward", "interactive"):
        failure = Notice("sent_unreadable", {"kind": message.kind})
    else:
        failure = Notice("unsupported_message", {"kind": message.kind})
    told = tagged("attachments", label_for(message.kind))
    return QuestionContext(told, (failure,), failure)
