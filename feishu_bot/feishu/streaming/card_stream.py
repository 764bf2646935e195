"""An answer on the screen while it grows: one writer, the latest text wins, the end always lands.

The thread that reads the model only adds text. A second thread draws: it opens the card while the
model is still thinking, shows the newest text whenever the pacer grants a frame, continues in a
second card before the first is full, and closes the last one with the final text.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
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
    PermissionMissing,
    TargetGone,
)
from feishu_bot.feishu.cards.answer import ANSWER_BYTES, as_plain_text
from feishu_bot.feishu.cards.elements import CardJson
from feishu_bot.feishu.cards.markdown import safe_markdown, split_for_cards
from feishu_bot.feishu.streaming.answer_look import AnswerLook
from feishu_bot.feishu.streaming.card_factory import CardFactory
from feishu_bot.feishu.streaming.frame_timer import FrameTimer
from feishu_bot.feishu.streaming.paced_calls import Abandoned, PacedCaller
from feishu_bot.feishu.streaming.reply_sender import ReplySender
from feishu_bot.feishu.streaming.streaming_card import StreamingCard
from feishu_bot.feishu.streaming.text_buffer import TextBuffer
from feishu_bot.logs import get_logger

logger = get_logger(__name__)

MIN_PART_BYTES = 4_000
TEXT_MESSAGE_BYTES = 100_000


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
        self._replies = replies
        self._factory = factory
        self._look = look
        self._save_checkpoint = save
        self._tell_sent = sent
        self._timer = timer
        self._left_behind: list[Mapping[str, Any]] = list(checkpoint.get("cards", ()))
        self._buffer = TextBuffer(timer=timer)
        self._landed = threading.Event()
        self._failure: BaseException | None = None
        # The rest belongs to the drawing thread. The text is the open card's.
        self._cards: list[StreamingCard] = []
        self._plain_ids: tuple[str, ...] = ()
        self._text = ""
        self._reasoning = ""
        self._part_bytes = ANSWER_BYTES
        self._frames = FrameTimer(timer=timer)

    @property
    def is_over(self) -> bool:
        return self._landed.is_set()

    def write(self, text: str = "", reasoning: str = "") -> None:
        self._buffer.write(text, reasoning)

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
                self._settle()

    def _save(self) -> None:
        """Keep what another process needs to continue. Raises LeaseLost."""
        own = [card.state() for card in self._cards]
        self._save_checkpoint({"cards": own + self._left_behind[len(own) :]})
        if self._cards[-1].message_id:
            self._tell_sent(self._sent())

    def _sent(self) -> SentMessages:
        ids = tuple(card.message_id for card in self._cards if card.message_id)
        threads = [card.thread_id for card in self._cards if card.thread_id]
        return SentMessages(ids + self._plain_ids, threads[0] if threads else "")

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
        number = len(self._cards)
        self._cards.append(self._make_card(number))
        try:
            self._open()
        except PermissionMissing as exc:
            if self._cards[-1].is_created:
                raise
            logger.warning("no CardKit, patching cards instead", error=str(exc))
            self._factory.give_up_cardkit()
            self._cards[-1] = self._factory.make(number, {}, self._save)
            self._open()
        self._frames = FrameTimer(timer=self._timer)

    def _make_card(self, number: int) -> StreamingCard:
        state = self._left_behind[number] if number < len(self._left_behind) else {}
        return self._factory.make(number, state, self._save)

    def _open(self) -> None:
        while True:
            # There may be more text by now than the card can hold.
            text, _ = split_for_cards(self._text, self._part_bytes)
            try:
                self._cards[-1].open(self._growing_card(text))
            except CardTooLarge:
                self._shrink()
            else:
                return

    def _wait_for_frame(self) -> bool:
        """Wait until there is something new and time for it; False when the end is known."""
        self._buffer.wait_for_news()
        return self._buffer.wait_until(self._frames.due(self._cards[-1].interval))

    def _draw_frame(self) -> None:
        self._take_new()
        self._make_room()
        try:
            shown = self._cards[-1].draw(
                safe_markdown(self._text, streaming=True),
                lambda: self._growing_card(self._text),
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
        if not self._cards:
            self._cards.append(self._make_card(0))
        while True:
            self._make_room()
            try:
                self._close_card(self._text, ending)
                break
            except CardTooLarge:
                self._shrink()
        for number in range(len(self._cards), len(self._left_behind)):
            # An earlier attempt had more to say and needed one more card than this one.
            self._cards.append(self._make_card(number))
            self._reasoning = ""
            try:
                self._close_card(self._look.texts("part_unused"))
            except (FeishuError, LeaseLost) as exc:
                logger.info("unused card left as it is", error=str(exc))

    def _close_card(self, text: str, ending: FinalAnswer | None = None) -> None:
        """Close the open card; without an ending the answer continues in another one."""
        card = self._look.card(text, self._reasoning, part=len(self._cards), ending=ending)
        self._cards[-1].close(safe_markdown(text, streaming=False), card)

    def _take_new(self) -> None:
        text, reasoning = self._buffer.take()
        self._text += text
        self._reasoning += reasoning

    def _make_room(self) -> None:
        """Continue in further cards until the text that is left fits the open one."""
        while True:
            head, rest = split_for_cards(self._text, self._part_bytes)
            if not rest:
                return
            try:
                self._close_card(head)
            except CardTooLarge:
                self._shrink()
                continue
            self._text, self._reasoning = rest, ""
            self._open_next()

    def _shrink(self) -> None:
        """Feishu found the card too large: put less into the next one. Raises CardRefused."""
        if self._part_bytes <= MIN_PART_BYTES:
            raise CardRefused("too large, however small")
        self._part_bytes = self._part_bytes * 2 // 3

    def _answer_otherwise(self) -> None:
        """Answer as text, or at least say that the answer can't be shown here."""
        try:
            self._send_as_text()
        except (TargetGone, FeishuUnavailable):
            raise
        except FeishuError as exc:
            logger.warning("text refused as well", error=str(exc))
            if not self._cards:
                raise
            self._text = self._reasoning = ""
            self._close_card("", FinalAnswer(text="", notice=Notice("not_allowed_here")))

    def _send_as_text(self) -> None:
        """Feishu takes none of our cards: the answer comes as plain messages."""
        rest = as_plain_text(self._look.texts, self._buffer.wait_for_ending())
        while rest:
            head, rest = split_for_cards(rest, TEXT_MESSAGE_BYTES)
            reply = self._replies.send("text", {"text": head}, f"text-{len(self._plain_ids)}")
            self._plain_ids += (reply.message_id,)
            self._tell_sent(self._sent())

    def _settle(self) -> None:
        for card in self._cards:
            try:
                card.settle()
            except (FeishuError, Abandoned) as exc:
                logger.info("card not settled", error=str(exc))
