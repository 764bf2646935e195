"""What a picture is drawn from: the words, and the pictures that are to be changed.

Both stand before the question like all that it refers to, so that it can be drawn once more.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from feishu_bot.core.answering.context import QUOTE_CHARS
from feishu_bot.core.answering.question import Question
from feishu_bot.core.answering.question_context import (
    QuestionContext,
    context_of,
    tagged,
    tags_in,
    without_context,
)
from feishu_bot.core.answering.shown_pictures import own_picture_tags, picture_tags
from feishu_bot.core.answering.unread import kind_of
from feishu_bot.core.conversations import Conversations, Turn
from feishu_bot.core.fetched_messages import MessageReader
from feishu_bot.core.messages import IncomingMessage
from feishu_bot.core.notices import Notice
from feishu_bot.core.text import shorten

# "Create image": 32,000 characters at most.
PROMPT_CHARS = 32_000


class PictureSources:
    """Finds out what a message in the studio is about."""

    def __init__(self, conversations: Conversations, archive: MessageReader) -> None:
        self._conversations = conversations
        self._archive = archive

    def of(self, question: Question) -> QuestionContext:
        """What to put before the question; nothing where its words bring it along.

        A reply is about what it replies to. Pictures that came without words wait for the next
        message. Everything else is drawn by its words alone.
        """
        message = question.message
        if message is None or question.regenerated:
            return QuestionContext()
        own = self._sent(message)
        replied_to = _replied_to(message)
        if replied_to:
            return self._replied(replied_to) + own
        return QuestionContext("".join(_waiting(question.conversation.turns))) + own

    def _sent(self, message: IncomingMessage) -> QuestionContext:
        """The pictures that came with the words, and what else came."""
        context = QuestionContext(picture_tags(message.message_id, message.attachments))
        forwards = [item.message_id for item in message.attachments if item.kind == "merge_forward"]
        if message.kind == "merge_forward":
            forwards.append(message.message_id)
        for forward in forwards:
            context += self._fetched(forward)
        # A recording is the words themselves.
        others = tuple(
            item
            for item in message.attachments
            if item.kind not in ("image", "audio", "merge_forward") and not item.cover
        )
        if not others:
            return context
        notice = Notice("attachment_unread", {"kind": kind_of(others)})
        return context + QuestionContext(notices=(notice,))

    def _replied(self, message_id: str) -> QuestionContext:
        turn = self._conversations.turn_of(message_id)
        if turn:
            return QuestionContext(_of_turn(turn, message_id))
        if self._conversations.key_of(message_id):
            # A card of the bot's, with nothing on it to be drawn.
            return QuestionContext()
        return self._fetched(message_id)

    def _fetched(self, message_id: str) -> QuestionContext:
        """What Feishu has of a message: its words, and its pictures."""
        quoted = self._archive.quoted(message_id)
        if quoted is None or not quoted.is_readable:
            scope = quoted.missing_scope if quoted else ""
            kind = "quote_forbidden" if scope else "quote_unreadable"
            return QuestionContext(notices=(Notice(kind, {"scope": scope}),))
        if quoted.parts:
            # What was said among them is no wish. Feishu gives the pictures out by the id of the
            # outermost forward.
            parts = (
                replace(item, inner_id=part.message_id)
                for part in quoted.parts
                for item in part.attachments
            )
            return QuestionContext(picture_tags(quoted.message_id, parts))
        pictures = picture_tags(quoted.message_id, quoted.attachments)
        return QuestionContext(_quotation(quoted.text) + pictures)


def prompt_in(written: str) -> str:
    """The words to draw by: those of the question, then those that it quotes."""
    quoted = (tag.text for tag in tags_in(written, "quoted_message"))
    words = (without_context(written).strip(), *quoted)
    return shorten("\n\n".join(filter(None, words)), PROMPT_CHARS)


def _replied_to(message: IncomingMessage) -> str:
    """The message that this one replies to on purpose; in a thread, one within it."""
    if message.thread_id and message.parent_id == message.root_id:
        return ""
    if message.parent_id in message.part_ids:
        # It replies to a part of itself, which came before its words.
        return ""
    return message.parent_id


def _of_turn(turn: Turn, message_id: str) -> str:
    """What there is of a turn to go on from: the question's pictures, or what it was answered."""
    asked = _pictures_before(turn)
    if message_id == turn.question_id and asked:
        return asked
    if turn.drawing is None:
        # A model that draws in chat has pictures among its words.
        return own_picture_tags(turn.pictures.values()) or _quotation(turn.answer)
    return own_picture_tags(turn.drawing.pictures) or asked


def _waiting(turns: tuple[Turn, ...]) -> Iterator[str]:
    """The pictures that came last without words, oldest first."""
    number = len(turns)
    while number and _is_waiting(turns[number - 1]):
        number -= 1
    return (_pictures_before(turn) for turn in turns[number:])


def _is_waiting(turn: Turn) -> bool:
    return not turn.answer and bool(_pictures_before(turn)) and not prompt_in(turn.question)


def _pictures_before(turn: Turn) -> str:
    tags = tags_in(turn.question, "picture") if context_of(turn.question) else ()
    return "".join(tagged(tag.name, tag.text, **tag.attributes) for tag in tags)


def _quotation(text: str) -> str:
    return tagged("quoted_message", shorten(text, QUOTE_CHARS)) if text else ""
