"""An answer on the screen while it grows: one writer, the latest text wins, the end always lands.

The thread that reads the model only adds text. A second thread draws: it opens the card while the
model is still thinking, shows the newest text whenever the pacer grants a frame, goes on in a
second card before the first is full, and closes the last one with the final text.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any

from feishu_bot.content.catalog import Catalog
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
from feishu_bot.feishu.cards import answer
from feishu_bot.feishu.cards.markdown import safe_markdown, split_for_cards
from feishu_bot.feishu.streaming.paced_calls import Abandoned, PacedCaller
from feishu_bot.feishu.streaming.streaming_card import ReplySender, StreamingCard

logger = logging.getLogger(__name__)

MIN_PART_BYTES = 4_000
TEXT_MESSAGE_BYTES = 100_000
NEVER = float("-inf")
# After a frame that was not shown: a moment, then longer while Feishu is away.
FIRST_PAUSE = 0.1
MAX_PAUSE = 5.0

MakeCard = Callable[[int, Mapping[str, Any]], StreamingCard]


class CardStream:
    """Implements `core.ports.AnswerStream`. `draw` runs in a thread of its own."""

    def __init__(
        self,
        *,
        courier: PacedCaller,
        reply_to: ReplySender,
        make_surface: MakeCard,
        make_patched: MakeCard,
        on_no_cardkit: Callable[[], None],
        texts: Catalog,
        others: tuple[Catalog, ...] = (),
        stop: str,
        streaming: bool,
        checkpoint: Mapping[str, Any],
        save: Callable[[Mapping[str, Any]], None],
        sent: Callable[[SentMessages], None],
        timer: Callable[[], float] = time.monotonic,
    ) -> None:
        self._courier = courier
        self._reply_to = reply_to
        self._make_surface = make_surface
        self._make_patched = make_patched
        self._on_no_cardkit = on_no_cardkit
        self._texts = texts
        self._others = others
        self._stop = stop
        self._streaming = streaming
        self._save = save
        self._tell_sent = sent
        self._timer = timer
        self._left_behind: list[Mapping[str, Any]] = list(checkpoint.get("cards", ()))
        self._surfaces: list[StreamingCard] = []
        self._plain_ids: tuple[str, ...] = ()
        self._changed = threading.Condition()
        self._new_text: list[str] = []
        self._new_reasoning: list[str] = []
        self._is_fresh = False
        self._ending: FinalAnswer | None = None
        # The drawing thread's own: what stands in the open card.
        self._text = ""
        self._reasoning = ""
        self._part_bytes = answer.ANSWER_BYTES
        self._last_frame = NEVER
        self._last_try = NEVER
        self._pause = 0.0
        self._has_written = False
        self._landed = threading.Event()
        self._failure: BaseException | None = None

    def write(self, text: str = "", reasoning: str = "") -> None:
        """Add to the answer. Never waits for Feishu."""
        with self._changed:
            self._has_written = True
            if text:
                self._new_text.append(text)
            if reasoning:
                self._new_reasoning.append(reasoning)
            if not self._is_fresh:
                self._is_fresh = True
                self._changed.notify()

    def finish(self, ending: FinalAnswer) -> SentMessages:
        """Show the end and wait until it has landed.

        Raises what ended the drawing: FeishuError when Feishu won't have it, TargetGone when
        there is no place for it, FeishuUnavailable when patience ended, LeaseLost when another
        process has the answer.
        """
        with self._changed:
            if not self._has_written:
                # Nothing was written: the text comes from what an earlier attempt saved.
                self._new_text, self._new_reasoning = [ending.text], [ending.reasoning]
            self._ending = ending
            self._changed.notify()
        self._courier.stop_frames()
        self._landed.wait()
        if self._failure:
            raise self._failure
        return self._sent()

    def save(self) -> None:
        """Keep what another process needs to go on. Raises LeaseLost."""
        own = [surface.state() for surface in self._surfaces]
        self._save({"cards": own + self._left_behind[len(own) :]})
        if self._surfaces[-1].message_id:
            self._tell_sent(self._sent())

    def _sent(self) -> SentMessages:
        ids = tuple(surface.message_id for surface in self._surfaces if surface.message_id)
        threads = [surface.thread_id for surface in self._surfaces if surface.thread_id]
        return SentMessages(ids + self._plain_ids, threads[0] if threads else "")

    def abandon(self) -> None:
        """Stop drawing and leave the card as it is, for whoever goes on with it."""
        self._courier.abandon()
        with self._changed:
            self._changed.notify()

    @property
    def is_over(self) -> bool:
        """Whether nothing will be drawn any more: the end has landed, or it can't."""
        return self._landed.is_set()

    def draw_nothing(self) -> None:
        """There is no thread to draw: the process is stopping."""
        self._failure = LeaseLost("stopping")
        self._landed.set()

    def draw(self) -> None:
        """Draw until the answer has ended or is abandoned; in a thread of its own."""
        try:
            self._draw_until_the_end()
        except Abandoned:
            self._failure = LeaseLost("abandoned")
        # Whatever it is, the thread that waits in `finish` has to hear of it.
        except BaseException as exc:
            self._failure = exc
        finally:
            self._landed.set()
        if not isinstance(self._failure, LeaseLost):
            self._tidy_up()

    def _draw_until_the_end(self) -> None:
        try:
            if self._streaming:
                self._open_next()
                while self._wait_for_frame():
                    self._draw()
            self._close()
        except (TargetGone, FeishuUnavailable):
            raise
        except FeishuError as exc:
            logger.warning("card refused, answering as text error=%s", exc)
            self._say_otherwise()

    def _open_next(self) -> None:
        """Open one more card, or take up the one an earlier process left behind."""
        number = len(self._surfaces)
        self._surfaces.append(self._surface(number))
        try:
            self._open()
        except PermissionMissing as exc:
            if self._surfaces[-1].is_created:
                raise
            logger.warning("no CardKit, patching cards instead error=%s", exc)
            self._on_no_cardkit()
            self._make_surface = self._make_patched
            self._surfaces[-1] = self._make_patched(number, {})
            self._open()
        self._last_frame = self._last_try = NEVER
        self._pause = 0.0

    def _surface(self, number: int) -> StreamingCard:
        """A new card, or the one of that number that an earlier process left behind."""
        state = self._left_behind[number] if number < len(self._left_behind) else {}
        # A card without an entity was opened by a process that had no CardKit.
        make = self._make_patched if state and "card_id" not in state else self._make_surface
        return make(number, state)

    def _open(self) -> None:
        while True:
            try:
                # There may be more text by now than the card can hold.
                text, _ = split_for_cards(self._text, self._part_bytes)
                self._surfaces[-1].open(self._card(text, streaming=True))
                return
            except CardTooLarge:
                self._shrink()

    def _wait_for_frame(self) -> bool:
        """Wait until there is something new and time for it; False when the end is known."""
        with self._changed:
            self._changed.wait_for(lambda: self._is_fresh or self._is_over)
            due = max(self._last_frame, self._last_try) + self._surfaces[-1].interval + self._pause
            while not self._is_over and (left := due - self._timer()) > 0:
                self._changed.wait(left)
            return not self._is_over

    def _wait_for_ending(self) -> FinalAnswer:
        with self._changed:
            self._changed.wait_for(lambda: self._is_over)
        if self._ending is None:
            raise Abandoned
        return self._ending

    @property
    def _is_over(self) -> bool:
        return self._ending is not None or self._courier.is_abandoned

    def _draw(self) -> None:
        self._take_new()
        self._make_room()
        is_first = self._last_try == NEVER
        try:
            shown = self._surfaces[-1].draw(
                safe_markdown(self._text, streaming=True),
                lambda: self._card(self._text, streaming=True),
                since=self._last_frame,
                urgent=is_first,
            )
        except CardTooLarge:
            self._shrink()
            shown = False
        except CardRefused as exc:
            # Half of a table or a link may not be valid where the whole is: wait for more.
            logger.info("frame refused error=%s", exc)
            self._last_try = self._timer()
            return
        self._last_try = self._timer()
        if shown:
            self._last_frame, self._pause = self._last_try, 0.0
            return
        self._pause = min(MAX_PAUSE, self._pause * 2 or FIRST_PAUSE)
        with self._changed:
            self._is_fresh = True

    def _close(self) -> None:
        """Show the final cards: as many as the text needs, and none with an old text in it."""
        ending = self._wait_for_ending()
        self._take_new()
        if not self._surfaces:
            self._surfaces.append(self._surface(0))
        while True:
            self._make_room()
            try:
                self._close_card(self._text, ending)
                break
            except CardTooLarge:
                self._shrink()
        for number in range(len(self._surfaces), len(self._left_behind)):
            # An earlier attempt had more to say and needed one more card than this one.
            self._surfaces.append(self._surface(number))
            self._reasoning = ""
            try:
                self._close_card(self._texts("part_unused"))
            except (FeishuError, LeaseLost) as exc:
                logger.info("unused card left as it is error=%s", exc)

    def _close_card(self, text: str, ending: FinalAnswer | None = None) -> None:
        """Close the open card; without an ending the answer goes on in another one."""
        card = self._card(text, streaming=False, ending=ending)
        self._surfaces[-1].close(safe_markdown(text, streaming=False), card)

    def _take_new(self) -> None:
        with self._changed:
            self._is_fresh = False
            self._text += "".join(self._new_text)
            self._reasoning += "".join(self._new_reasoning)
            self._new_text.clear()
            self._new_reasoning.clear()

    def _make_room(self) -> None:
        """Go on in further cards until the text that is left fits the open one."""
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

    def _card(
        self, text: str, *, streaming: bool, ending: FinalAnswer | None = None
    ) -> dict[str, Any]:
        ending = ending or FinalAnswer(text=text)
        return answer.answer_card(
            self._texts,
            text=text,
            reasoning=self._reasoning,
            streaming=streaming,
            notice=ending.notice,
            footer=ending.footer,
            can_continue=ending.can_continue,
            can_regenerate=ending.can_regenerate,
            stop=self._stop,
            part=len(self._surfaces),
            others=self._others,
        )

    def _send_as_text(self) -> None:
        """Feishu takes none of our cards: the answer comes as plain messages."""
        rest = answer.as_plain_text(self._texts, self._wait_for_ending())
        ids: list[str] = []
        while rest:
            head, rest = split_for_cards(rest, TEXT_MESSAGE_BYTES)
            content = {"text": head}
            reply = self._reply_to.send(self._courier, "text", content, f"text-{len(ids)}")
            ids.append(reply.message_id)
            self._plain_ids = tuple(ids)
            self._tell_sent(self._sent())

    def _say_otherwise(self) -> None:
        """Say it as text, or at least that it can't be said here."""
        try:
            self._send_as_text()
        except (TargetGone, FeishuUnavailable):
            raise
        except FeishuError as exc:
            logger.warning("text refused as well error=%s", exc)
            if not self._surfaces:
                raise
            self._text = self._reasoning = ""
            self._close_card("", FinalAnswer(text="", notice=Notice("not_allowed_here")))

    def _tidy_up(self) -> None:
        for surface in self._surfaces:
            try:
                surface.settle()
            except (FeishuError, Abandoned) as exc:
                logger.info("card not settled error=%s", exc)
