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
from feishu_bot.core.messenger import FinalAnswer
from feishu_bot.core.notices import Notice
from feishu_bot.errors import (
    CardRefused,
    CardTooLarge,
    FeishuError,
    FeishuUnavailable,
    LeaseLost,
    TargetGone,
)
from feishu_bot.feishu.cards.answer import ANSWER_BYTES, as_plain_text
from feishu_bot.feishu.cards.elements import CardJson
from feishu_bot.feishu.cards.markdown import MarkdownStream, SafeMarkdown
from feishu_bot.feishu.cards.plain_text import without_escapes
from feishu_bot.feishu.streaming.answer_cards import AnswerCards
from feishu_bot.feishu.streaming.answer_look import AnswerLook
from feishu_bot.feishu.streaming.card_factory import CardFactory
from feishu_bot.feishu.streaming.frame_timer import FrameTimer
from feishu_bot.feishu.streaming.paced_calls import Abandoned, PacedCaller
from feishu_bot.feishu.streaming.reply_sender import ReplySender
from feishu_bot.feishu.streaming.text_buffer import TextBuffer
from feishu_bot.feishu.streaming.text_messages import TextMessages
from feishu_bot.logs import get_logger

logger = get_logger(__name__)

MIN_PART_BYTES = 4_000


class _TextChanged(Exception):
    """The text is written otherwise from now on: begin again with it."""


class CardStream:
    """Implements `core.messenger.AnswerStream`. `draw` runs in a thread of its own."""

    def __init__(
        self,
        *,
        caller: PacedCaller,
        replies: ReplySender,
        factory: CardFactory,
        look: AnswerLook,
        checkpoint: Mapping[str, Any],
        save: Callable[[Mapping[str, Any]], None],
        sent: Callable[[SentMessages], None],
        timer: Callable[[], float] = time.monotonic,
    ) -> None:
        self._caller = caller
        self._look = look
        self._save_checkpoint = save
        self._tell_sent = sent
        self._timer = timer
        self._buffer = TextBuffer(timer=timer)
        self.tell_waiting = self._buffer.put_waiting
        self._landed = threading.Event()
        self._failure: BaseException | None = None
        # The rest belongs to the drawing thread. The Markdown is what no full card shows yet.
        self._cards = AnswerCards(factory, checkpoint.get("cards", ()), self._save)
        self._plain = TextMessages(replies, lambda: sent(self._sent()))
        self._markdown = MarkdownStream()
        self._reasoning = ""
        self._part_bytes = ANSWER_BYTES
        self._frames = FrameTimer(timer=timer)

    @property
    def is_over(self) -> bool:
        return self._landed.is_set()

    def write(self, text: str = "", reasoning: str = "") -> None:
        self._buffer.write(text, reasoning)

    def rewrite(self, text: str = "", reasoning: str = "") -> None:
        self._buffer.rewrite(text, reasoning)

    def tell_wait(self, seconds: float) -> None:
        whole = math.ceil(seconds)
        self._buffer.put_note(self._look.texts("busy_wait", seconds=whole) if whole else "")

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
        self._save_checkpoint({"cards": self._cards.states()})
        if self._cards.last.message_id:
            self._tell_sent(self._sent())

    def _sent(self) -> SentMessages:
        return self._cards.sent(self._plain.ids)

    def _draw_all(self) -> None:
        try:
            if self._look.streaming:
                self._open_next()
                while self._wait_for_frame():
                    self._draw_frame()
            self._close()
        except (TargetGone, FeishuUnavailable):
            raise
        except FeishuError as exc:
            logger.warning("card refused, answering as text", error=str(exc))
            self._answer_otherwise()

    def _open_next(self) -> None:
        """Open one more card, or the one that an earlier process left behind."""
        self._cards.add()
        while True:
            try:
                self._open()
                break
            except FeishuError as exc:
                if not self._cards.write_into_message(exc):
                    self._simplify(exc)
        self._frames = FrameTimer(timer=self._timer)

    def _open(self) -> None:
        while True:
            # There may be more text by now than the card can hold.
            text = self._markdown.fitting(self._part_bytes)
            try:
                self._cards.last.open(self._growing_card(text))
            except CardTooLarge:
                self._shrink()
            else:
                return

    def _wait_for_frame(self) -> bool:
        """Wait until there is something new and time for it; False when the end is known."""
        self._buffer.wait_for_news()
        return self._buffer.wait_until(self._frames.due(self._cards.last.interval))

    def _draw_frame(self) -> None:
        self._take_new()
        self._make_room()
        text = self._markdown.text() or self._buffer.note
        try:
            shown = self._cards.last.draw(
                self._look.frame(text, self._buffer.waiting),
                lambda: self._growing_card(text),
                since=self._frames.last_shown,
                urgent=self._frames.is_first,
            )
        except CardTooLarge:
            self._shrink()
            shown = False
        except CardRefused as exc:
            # Half of a table or a link may not be valid where the whole is: wait for more.
            logger.info("frame refused", error=str(exc))
            self._frames.note_refused()
            return
        if shown:
            self._look.is_stale = False
            self._frames.note_shown()
        else:
            self._frames.note_missed()
            self._buffer.mark_undrawn()

    def _growing_card(self, text: str) -> CardJson:
        return self._look.card(text, self._reasoning, part=len(self._cards), streaming=True)

    def _close(self) -> None:
        """Show the final cards: as many as the text needs, and none with an old text in it."""
        ending = self._buffer.wait_for_ending()
        self._take_new()
        self._markdown.finish()
        if not self._cards:
            self._cards.add()
        while True:
            self._make_room()
            try:
                self._close_card(self._markdown.text(), ending)
                break
            except CardTooLarge:
                self._shrink()
            except _TextChanged:
                continue
        while self._cards.has_more:
            # An earlier attempt had more to say and needed one more card than this one.
            self._cards.add()
            self._reasoning = ""
            try:
                self._close_card(self._look.texts("part_unused"))
            except (FeishuError, LeaseLost) as exc:
                logger.info("unused card left as it is", error=str(exc))

    def _close_card(self, text: str, ending: FinalAnswer | None = None) -> None:
        """Close the open card; without an ending the answer continues in another one."""
        while True:
            card = self._look.card(text, self._reasoning, part=len(self._cards), ending=ending)
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
        return self._markdown.show_tables_as_code()

    def _take_new(self) -> None:
        text, reasoning, replaces = self._buffer.take()
        if replaces:
            self._markdown, self._reasoning = MarkdownStream(), ""
        self._markdown.append(text)
        self._reasoning += reasoning

    def _make_room(self) -> None:
        """Continue in further cards until the text that is left fits the open one."""
        while full := self._markdown.full_card(self._part_bytes):
            try:
                self._close_card(full.text)
            except CardTooLarge:
                self._shrink()
                continue
            except _TextChanged:
                continue
            self._markdown.drop(full)
            self._reasoning = ""
            self._open_next()

    def _shrink(self) -> None:
        """Feishu found the card too large: put less into the next one. Raises CardRefused."""
        if self._part_bytes <= MIN_PART_BYTES:
            raise CardRefused("too large, however small")
        self._part_bytes = self._part_bytes * 2 // 3

    def _answer_otherwise(self) -> None:
        """Answer as text, or at least say that the answer can't be shown here."""
        ending = self._buffer.wait_for_ending()
        self._take_new()
        try:
            self._markdown.finish()
            unseen = replace(ending, text=without_escapes(self._markdown.text()))
            self._plain.send(as_plain_text(self._look.texts, unseen))
        except (TargetGone, FeishuUnavailable):
            raise
        except FeishuError as exc:
            logger.warning("text refused as well", error=str(exc))
            if not self._cards:
                raise
            self._reasoning = ""
            self._close_card("", FinalAnswer(text="", notice=Notice("not_allowed_here")))
        else:
            self._reasoning = ""
            self._cards.end_unfinished(self._look.texts("part_moved"), self._close_card)
