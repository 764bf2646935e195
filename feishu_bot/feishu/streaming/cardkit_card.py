"""A CardKit entity in streaming mode: the text of one element is replaced at each frame."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Mapping
from typing import Any

from typing_extensions import override

from feishu_bot.errors import (
    CardRefused,
    FeishuError,
    FeishuUnavailable,
    SequenceStale,
    StreamClosed,
    TargetGone,
)
from feishu_bot.feishu.api.client import FeishuClient
from feishu_bot.feishu.card_editor import edit_sequence
from feishu_bot.feishu.cards.answer import ANSWER_ELEMENT
from feishu_bot.feishu.streaming.paced_calls import PacedCaller
from feishu_bot.feishu.streaming.reply_sender import ReplySender
from feishu_bot.feishu.streaming.streaming_card import StreamingCard
from feishu_bot.logs import get_logger

logger = get_logger(__name__)

# Streaming mode ends by itself ten minutes after it was opened ("Streaming updates overview").
STREAMING_SECONDS = 540.0
# Sequence numbers are hundredths of a second since the card was made, so that a process that
# continues the card is above the one before without knowing its last number.
TICKS_PER_SECOND = 100
STALE_STEP = 60 * TICKS_PER_SECOND
# After so many refusals something else is above us: an edit of the card, see `card_editor`.
STALE_TRIES = 3
SETTLE_PATIENCE = 5.0
MAX_TRIES = 8


class CardKitCard(StreamingCard):
    """A card entity, made first and then sent by its id."""

    is_entity = True

    def __init__(
        self,
        client: FeishuClient,
        caller: PacedCaller,
        replies: ReplySender,
        *,
        part: int,
        state: Mapping[str, Any],
        save: Callable[[], None],
        interval: float,
        clock: Callable[[], float] = time.time,
    ) -> None:
        super().__init__(client, caller, replies, part=part, state=state, save=save)
        self._clock = clock
        # Where an earlier process was refused so often that it went far above the card's age.
        self._sequence = self._sequence_kept = int(state.get("sequence", 0))
        # Two processes that draw one card one after the other must not use the same ids.
        self._nonce = secrets.token_hex(4)
        self._card_id: str = state.get("card_id", "")
        # A card that was left behind may be on the screen, whether we know its message or not.
        self._may_be_sent = bool(self._card_id)
        self._opened_at: float = state.get("opened_at", 0.0)
        self._streaming_since = self._opened_at
        # A card that was left behind may stream.
        self._is_streaming = self._may_be_sent
        self.interval = interval

    @property
    @override
    def is_created(self) -> bool:
        return bool(self._card_id)

    @override
    def open(self, card: Mapping[str, Any]) -> None:
        if self.message_id:
            return
        is_fresh = not self._card_id
        if is_fresh:
            self._create(card)
        try:
            self._send_entity()
        except CardRefused as exc:
            logger.info("entity refused", card_id=self._card_id, error=str(exc))
            self._open_again(card, is_fresh=is_fresh)
        except (TargetGone, FeishuUnavailable):
            raise
        except FeishuError as exc:
            self._note_unsent(exc)

    def _open_again(self, card: Mapping[str, Any], *, is_fresh: bool) -> None:
        """Now and then Feishu doesn't know an entity that it has just made: the same reply once
        more helps, or another entity.
        """
        try:
            self._send_entity()
        except CardRefused as exc:
            if not is_fresh:
                self._note_unsent(exc)
                return
            self._create(card)
            self._send_entity()

    def _note_unsent(self, exc: FeishuError) -> None:
        # An entity can be sent once: the process before us had come that far.
        if not self._may_be_sent:
            raise exc
        logger.info("card was sent already", card_id=self._card_id, error=str(exc))

    def _create(self, card: Mapping[str, Any]) -> None:
        self._card_id = self._caller.call("card.create", lambda: self._client.create_card(card))
        self._opened_at = self._streaming_since = self._clock()
        self._is_streaming = True
        self._save()

    def _send_entity(self) -> None:
        self._send({"type": "card", "data": {"card_id": self._card_id}})
        self._may_be_sent = True

    @override
    def draw(
        self, text: str, card: Callable[[], Mapping[str, Any]], *, since: float, urgent: bool
    ) -> bool:
        if self._clock() - self._streaming_since > STREAMING_SECONDS:
            self._reopen()
        try:
            if not text:
                # Reasoning has a panel of its own, which the first card doesn't have yet.
                return self._caller.try_call(
                    "card.update", lambda: self._update(card()), since=since, urgent=urgent
                )
            return self._caller.try_call(
                "element.content", lambda: self._set_text(text), since=since, urgent=urgent
            )
        except SequenceStale:
            self._sequence += STALE_STEP
        except StreamClosed:
            self._reopen()
        return False

    @override
    def close(self, text: str, card: Mapping[str, Any]) -> None:
        if not self._may_be_sent:
            raise CardRefused(f"nobody can see the card: {self._card_id}")
        requests = {"card.update": lambda: self._update(card)}
        if text:
            # With many answers ending at once the text may land sooner as one more frame.
            requests["element.content"] = lambda: self._set_text(text)
        for tries in range(MAX_TRIES):
            try:
                api, _ = self._caller.call_first(requests)
            except SequenceStale:
                self._sequence += STALE_STEP
                if tries == STALE_TRIES:
                    self._sequence = max(self._sequence, edit_sequence(self._clock()))
                if tries >= STALE_TRIES:
                    # Whatever is taken from here on, the next try has to begin above it.
                    self._sequence_kept = self._sequence
                    self._save()
            except StreamClosed:
                requests.pop("element.content", None)
            else:
                if api == "card.update":
                    return
                del requests["element.content"]
        raise FeishuUnavailable(f"the card takes no final frame: {self._card_id}")

    @override
    def overwrite(self, text: str) -> None:
        self._caller.call("element.content", lambda: self._set_text(text), patience=SETTLE_PATIENCE)

    @override
    def settle(self) -> None:
        # A final card that Feishu has taken says so itself.
        if not self._is_streaming:
            return
        self._caller.call(
            "card.settings", lambda: self._set_streaming(on=False), patience=SETTLE_PATIENCE
        )

    @override
    def state(self) -> Mapping[str, Any]:
        return {
            "card_id": self._card_id,
            "message_id": self.message_id,
            "thread_id": self.thread_id,
            "opened_at": self._opened_at,
            "sequence": self._sequence_kept,
        }

    def _set_text(self, text: str) -> None:
        self._client.set_text(self._card_id, ANSWER_ELEMENT, text, **self._next_ids())

    def _update(self, card: Mapping[str, Any]) -> None:
        self._client.update_card(self._card_id, card, **self._next_ids())
        self._is_streaming = card["config"].get("streaming_mode", False)

    def _set_streaming(self, *, on: bool) -> None:
        self._client.set_streaming(self._card_id, on=on, **self._next_ids())
        self._is_streaming = on

    def _reopen(self) -> None:
        for _ in range(MAX_TRIES):
            try:
                self._caller.call("card.settings", lambda: self._set_streaming(on=True))
                break
            except SequenceStale:
                self._sequence += STALE_STEP
        self._streaming_since = self._clock()

    def _next_ids(self) -> dict[str, Any]:
        elapsed = int((self._clock() - self._opened_at) * TICKS_PER_SECOND)
        self._sequence = max(self._sequence, elapsed) + 1
        uuid = f"{self._card_id}-{self._nonce}-{self._sequence}"
        return {"uuid": uuid, "sequence": self._sequence}
