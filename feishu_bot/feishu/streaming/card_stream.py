"""An answer on the screen while it grows: one writer, the latest text wins, the end always lands.

The thread that reads the model only adds text. A second thread draws: it opens the card while the
model is still thinking, shows the newest text whenever the pacer grants a frame, continues in a
second card before the first is full, and closes the last one with the final text.
"""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from feishu_bot.core.messages import SentMessages
from feishu_bot.core.messenger import FinalAnswer, SaveAnswer
from feishu_bot.core.notices import Notice
from feishu_bot.errors import (
    CardTooLarge,
    FeishuError,
    FeishuUnavailable,
    LeaseLost,
    TargetGone,
)
from feishu_bot.feishu.cards.answer import as_plain_text
from feishu_bot.feishu.cards.answer_buttons import Remainder
from feishu_bot.feishu.cards.elements import CardJson
from feishu_bot.feishu.cards.markdown import Cut, SafeMarkdown
from feishu_bot.feishu.cards.plain_text import without_escapes
from feishu_bot.feishu.streaming.answer_cards import AnswerCards
from feishu_bot.feishu.streaming.answer_look import AnswerLook
from feishu_bot.feishu.streaming.card_factory import CardFactory
from feishu_bot.feishu.streaming.card_text import CardText
from feishu_bot.feishu.streaming.frame_timer import FrameTimer
from feishu_bot.feishu.streaming.paced_calls import Abandoned, PacedCaller
from feishu_bot.feishu.streaming.reply_sender import ReplySender
from feishu_bot.feishu.streaming.text_buffer import TextBuffer
from feishu_bot.feishu.streaming.text_messages import TextMessages
from feishu_bot.logs import get_logger

logger = get_logger(__name__)


class _TextChanged(Exception):
    """The text is written otherwise from now on: begin again with it."""


class CardStream:
    """Implements `core.messenger.AnswerStream`. `draw` runs in a thread of its own.

    More than `most_cards` are not shown, the last has a button for the remainder; 0 is no limit.
    `position` is where an earlier answer with the same text stopped for that reason. Where the card
    `has_text` of an earlier process, that stays until text is written here.
    """

    def __init__(
        self,
        *,
        caller: PacedCaller,
        replies: ReplySender,
        factory: CardFactory,
        look: AnswerLook,
        checkpoint: Mapping[str, Any],
        save: SaveAnswer,
        most_cards: int = 0,
        position: str = "",
        has_text: bool = False,
        timer: Callable[[], float] = time.monotonic,
    ) -> None:
        self._caller = caller
        self._look = look
        self._save_answer = save
        self._timer = timer
        self._buffer = TextBuffer(waits_for_text=has_text, timer=timer)
        self.tell_waiting = self._buffer.put_waiting
        self.tell_heard = self._buffer.put_heard
        self._landed = threading.Event()
        self._failure: BaseException | None = None
        # What follows belongs to the drawing thread. What an earlier process has shown stays.
        left_behind = checkpoint.get("cards", ())
        self._cards = AnswerCards(factory, left_behind, self._save)
        if checkpoint.get("waits"):
            # Its card says that the question waits: that isn't so any more.
            self._buffer.put_note("")
        self._most_cards = max(most_cards, len(left_behind)) if most_cards else 0
        self._plain = TextMessages(replies, self._save)
        self._text = CardText(position)
        self._reasoning = ""
        self._frames = FrameTimer(timer=timer)

    @property
    def is_over(self) -> bool:
        return self._landed.is_set() and _is_final(self._failure)

    def write(self, text: str = "", reasoning: str = "") -> None:
        self._buffer.write(text, reasoning)

    def rewrite(self, text: str = "", reasoning: str = "") -> None:
        self._buffer.rewrite(text, reasoning)

    def add_picture(self, target: str, key: str) -> None:
        self._text.add_picture(target, key)

    def tell_wait(self, seconds: float) -> None:
        whole = math.ceil(seconds)
        self._buffer.put_note(self._look.texts("busy_wait", seconds=whole) if whole else "")

    def tell_drawing(self, seconds: int) -> None:
        texts = self._look.texts
        note = texts("drawing_seconds", seconds=seconds) if seconds else texts("drawing_begun")
        self._buffer.put_note(note)

    def hold(self) -> None:
        self._caller.stop_frames()

    def finish(self, ending: FinalAnswer) -> SentMessages:
        """Show the end and wait until it has landed.

        Raises what ended the drawing: FeishuError when Feishu won't have it, TargetGone when
        there is no place for it, FeishuUnavailable when patience ended, LeaseLost when another
        process has the answer.
        """
        self._buffer.end(ending)
        self._caller.stop_frames()
        self._landed.wait()
        if self._failure:
            raise self._failure
        return self._sent()

    def abandon(self) -> None:
        self._caller.abandon()
        self._buffer.abandon()

    def cancel(self) -> None:
        """There is no thread to draw: the process is stopping."""
        self._failure = LeaseLost("stopping")
        self._landed.set()

    def draw(self) -> None:
        """Draw until the answer has ended or is abandoned; in a thread of its own."""
        try:
            self._draw_all()
        except BaseException as exc:
            # Whatever it is, the thread that waits in `finish` has to hear of it.
            self._failure = LeaseLost("abandoned") if isinstance(exc, Abandoned) else exc
            raise
        finally:
            self._landed.set()
            if not isinstance(self._failure, LeaseLost):
                self._cards.settle()

    def _save(self) -> None:
        """Keep what another process needs to continue. Raises LeaseLost."""
        self._save_answer({"cards": self._cards.states()}, self._sent())

    def _sent(self) -> SentMessages:
        return self._cards.sent(self._plain.ids)

    def _draw_all(self) -> None:
        try:
            if self._look.streaming:
                self._open_next()
                while self._wait_for_frame() and not self._draw_frame():
                    pass
            self._close()
        except (TargetGone, FeishuUnavailable):
            raise
        except FeishuError as exc:
            logger.warning("card refused, answering as text", error=str(exc))
            self._answer_as_text()

    def _open_next(self) -> None:
        """Open one more card, or the one that an earlier process left behind."""
        self._cards.add()
        while True:
            try:
                # There may be more text by now than the card can hold.
                self._cards.last.open(self._growing_card(self._text.first_card))
                break
            except CardTooLarge:
                self._text.shrink()
            except FeishuError as exc:
                if not self._cards.write_into_message(exc):
                    self._simplify(exc)
        self._frames = FrameTimer(timer=self._timer)

    def _wait_for_frame(self) -> bool:
        """Wait until there is something new and time for it; False when the end is known."""
        self._buffer.wait_for_news()
        return self._buffer.wait_until(self._frames.due(self._cards.last.interval))

    def _draw_frame(self) -> bool:
        """Show the newest text; True when the last card is full, and shows that more is coming."""
        self._take_new()
        full = self._make_room()
        text: str = self._text.text or self._buffer.note
        if full:
            text = self._look.with_line(full.text, "more_coming")
        waiting, heard = self._buffer.waiting, self._buffer.heard
        view = (text, self._reasoning, waiting, heard)
        if view == self._frames.view:
            # What has come is held back: half of a mark, or of a table.
            self._frames.note_unchanged()
            return full is not None
        try:
            shown = self._cards.last.draw(
                self._look.frame(text, waiting, heard),
                lambda: self._growing_card(text),
                since=self._frames.last_shown,
                urgent=self._frames.is_first,
            )
        except CardTooLarge:
            self._text.shrink()
            shown = False
        except (TargetGone, FeishuUnavailable):
            raise
        except FeishuError as exc:
            # Half of a table or a link may not be valid where the whole is, and of an unknown
            # refusal nobody knows: wait for more. The end decides.
            logger.info("frame refused", error=str(exc))
            self._frames.note_refused()
            return False
        if shown:
            self._look.is_stale = False
            self._frames.note_shown(view)
        else:
            self._frames.note_missed()
            self._buffer.mark_undrawn()
        return shown and full is not None

    def _growing_card(self, text: str) -> CardJson:
        return self._look.card(text, self._reasoning, part=self._part, streaming=True)

    @property
    def _part(self) -> int:
        return self._text.cards_before + len(self._cards)

    def _close(self) -> None:
        """Show the final cards: as many as the text needs, and none with an old text in it."""
        ending = self._buffer.wait_for_ending()
        self._take_new()
        self._text.add_pictures(ending.pictures)
        self._text.finish(is_cut=not ending.is_complete)
        if not self._cards:
            self._cards.add()
        while True:
            full = self._make_room()
            remainder = self._text.remainder(full) if full else None
            try:
                self._close_card(full.text if full else self._text.text, ending, remainder)
                break
            except CardTooLarge:
                self._text.shrink()
            except _TextChanged:
                continue
        self._reasoning = ""
        self._cards.end_unused(self._look.texts("part_unused"), self._close_card)

    def _close_card(
        self, text: str, ending: FinalAnswer | None = None, remainder: Remainder | None = None
    ) -> None:
        """Close the open card; without an ending the answer continues in another one."""
        while True:
            card = self._look.card(
                text, self._reasoning, part=self._part, ending=ending, remainder=remainder
            )
            try:
                self._cards.last.close(self._look.content(text, streaming=False), card)
            except FeishuError as exc:
                if self._simplify(exc) and isinstance(text, SafeMarkdown):
                    raise _TextChanged from exc
            else:
                return

    def _simplify(self, exc: FeishuError) -> bool:
        """Ask less of Feishu's cards; whether the text is another now. Raises `exc`."""
        self._look.simplify(exc)
        return self._text.simplify()

    def _take_new(self) -> None:
        text, reasoning, replaces = self._buffer.take()
        self._reasoning = reasoning if replaces else self._reasoning + reasoning
        self._text.append(text, replaces=replaces)

    def _make_room(self) -> Cut | None:
        """Open further cards until the text fits; where none may follow, what the last shows."""
        while full := self._text.full_card():
            if len(self._cards) == self._most_cards:
                return full
            try:
                self._close_card(full.text)
            except CardTooLarge:
                self._text.shrink()
            except _TextChanged:
                pass
            else:
                self._text.drop(full)
                self._reasoning = ""
                self._open_next()
        return None

    def _answer_as_text(self) -> None:
        """Answer as text, or at least say that the answer can't be shown here."""
        ending = self._buffer.wait_for_ending()
        self._take_new()
        self._reasoning = ""
        try:
            self._text.finish(is_cut=not ending.is_complete)
            self._text.simplify()
            unseen = replace(ending, text=without_escapes(self._text.text))
            self._plain.send(as_plain_text(self._look.texts, unseen))
            for picture in ending.drawn:
                self._plain.send_picture(picture.key)
        except (TargetGone, FeishuUnavailable):
            raise
        except FeishuError as exc:
            logger.warning("text refused as well", error=str(exc))
            if not self._cards:
                raise
            self._close_card("", FinalAnswer(text="", notice=Notice("not_allowed_here")))
        else:
            self._cards.end_unfinished(self._look.texts("part_moved"), self._close_card)


def _is_final(failure: BaseException | None) -> bool:
    """Whether no other try can show the answer, or none may here. Else it is read to its end."""
    if isinstance(failure, FeishuUnavailable):
        return False
    return failure is None or isinstance(failure, FeishuError | LeaseLost)
