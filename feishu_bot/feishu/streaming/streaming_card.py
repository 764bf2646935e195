"""The two kinds of card an answer can grow in: a CardKit entity, or a message that is patched.

Both are one card of an answer (a long answer has several), know how to be opened, drawn and
closed, and can be taken up by another process from `state`.
"""

from __future__ import annotations

import hashlib
import logging
import secrets
import time
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from feishu_bot.errors import (
    CardRefused,
    FeishuError,
    FeishuUnavailable,
    SequenceStale,
    StreamClosed,
    TargetGone,
    ThreadUnsupported,
)
from feishu_bot.feishu.api.client import FeishuClient, MessageReply
from feishu_bot.feishu.cards.answer import ANSWER_ELEMENT
from feishu_bot.feishu.streaming.paced_calls import PacedCaller

logger = logging.getLogger(__name__)

# Streaming mode ends by itself ten minutes after it was opened ("Streaming updates overview").
STREAMING_SECONDS = 540.0
# Sequence numbers are hundredths of a second since the card was made, so that a process that goes
# on with the card is above the one before without knowing its last number.
TICKS_PER_SECOND = 100
STALE_STEP = 60 * TICKS_PER_SECOND
SETTLE_PATIENCE = 5.0
MAX_TRIES = 8
# One patched message takes 5 updates a second and each is a call with the whole card.
PATCH_INTERVAL = 0.5


class ReplySender:
    """Where the cards of an answer go: replies to one message, in its thread where there is one.

    Without a message they go to the chat, and without a chat to the person.
    """

    def __init__(
        self,
        client: FeishuClient,
        message_id: str,
        chat_id: str,
        *,
        in_thread: bool,
        reference: str,
        open_id: str = "",
    ) -> None:
        self._client = client
        self._message_id = message_id
        self._in_thread = in_thread
        self._reference = reference
        self._open_id = open_id
        self.chat_id = chat_id

    def send(
        self, courier: PacedCaller, kind: str, content: Mapping[str, Any], part: str
    ) -> MessageReply:
        """Reply with `content`, once for this `part` of the answer. Raises FeishuError."""
        uuid = digest(f"{self._reference}:{part}")
        if not self._message_id:
            return self._create(courier, kind, content, uuid)

        def reply() -> MessageReply:
            return self._client.reply(
                self._message_id, kind, content, uuid=uuid, in_thread=self._in_thread
            )

        try:
            return courier.deliver("message.reply", reply, chat=self.chat_id)
        except ThreadUnsupported:
            self._in_thread = False
            return courier.deliver("message.reply", reply, chat=self.chat_id)

    def _create(
        self, courier: PacedCaller, kind: str, content: Mapping[str, Any], uuid: str
    ) -> MessageReply:
        receiver = self.chat_id or self._open_id

        def create() -> MessageReply:
            return self._client.create_message(
                receiver,
                kind,
                content,
                uuid=uuid,
                receiver_type="chat_id" if self.chat_id else "open_id",
            )

        return courier.deliver("message.create", create, chat=receiver)


class StreamingCard(Protocol):
    """One card of an answer. `interval` is the least time between two frames, in seconds."""

    interval: float
    message_id: str
    thread_id: str

    @property
    def is_created(self) -> bool:
        """Whether Feishu has the card, sent or not."""

    def open(self, card: Mapping[str, Any]) -> None:
        """Send the card, if an earlier process hasn't."""

    def draw(
        self, text: str, card: Callable[[], Mapping[str, Any]], *, since: float, urgent: bool
    ) -> bool:
        """Show the text so far; False when there was no room for a frame.

        Raises CardRefused when this very text won't do.
        """

    def close(self, text: str, card: Mapping[str, Any]) -> None:
        """Show the final card, whatever it takes. Raises CardRefused when nobody would see it."""

    def settle(self) -> None:
        """Tidy up after the final card; it may fail."""

    def state(self) -> Mapping[str, Any]:
        """What another process needs to go on with this card."""


class CardKitCard:
    """A CardKit entity in streaming mode: the text of one element is replaced at each frame."""

    def __init__(
        self,
        client: FeishuClient,
        courier: PacedCaller,
        reply_to: ReplySender,
        *,
        part: int,
        interval: float,
        save: Callable[[], None],
        state: Mapping[str, Any],
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._client = client
        self._courier = courier
        self._reply_to = reply_to
        self._part = part
        self._save = save
        self._clock = clock
        self._sequence = 0
        # Two processes that draw one card one after the other must not use the same ids.
        self._nonce = secrets.token_hex(4)
        self._card_id: str = state.get("card_id", "")
        # A card that was left behind may be on the screen, whether we know its message or not.
        self._may_be_sent = bool(self._card_id)
        self._opened_at: float = state.get("opened_at", 0.0)
        self._streaming_since = self._opened_at
        self.message_id: str = state.get("message_id", "")
        self.thread_id: str = state.get("thread_id", "")
        self.interval = interval

    def open(self, card: Mapping[str, Any]) -> None:
        if self.message_id:
            return
        if not self._card_id:
            self._card_id = self._courier.deliver(
                "card.create", lambda: self._client.create_card(card)
            )
            self._opened_at = self._streaming_since = self._clock()
            self._save()
        content = {"type": "card", "data": {"card_id": self._card_id}}
        try:
            reply = self._reply_to.send(self._courier, "interactive", content, f"card-{self._part}")
        except (TargetGone, FeishuUnavailable):
            raise
        except FeishuError as exc:
            # An entity can be sent once: the process before us had come that far.
            if not self._may_be_sent:
                raise
            logger.info("card was sent already card_id=%s error=%s", self._card_id, exc)
            return
        self.message_id, self.thread_id = reply.message_id, reply.thread_id
        self._may_be_sent = True
        self._save()

    def draw(
        self, text: str, card: Callable[[], Mapping[str, Any]], *, since: float, urgent: bool
    ) -> bool:
        if self._clock() - self._streaming_since > STREAMING_SECONDS:
            self._reopen()
        try:
            if not text:
                # Reasoning stands in a panel of its own, which the first card doesn't have yet.
                return self._courier.offer(
                    "card.update", lambda: self._update(card()), since=since, urgent=urgent
                )
            return self._courier.offer(
                "element.content", lambda: self._set_text(text), since=since, urgent=urgent
            )
        except SequenceStale:
            self._sequence += STALE_STEP
        except StreamClosed:
            self._reopen()
        return False

    def close(self, text: str, card: Mapping[str, Any]) -> None:
        if not self._may_be_sent:
            raise CardRefused(f"nobody can see the card: {self._card_id}")
        calls = {"card.update": lambda: self._update(card)}
        if text:
            # With many answers ending at once the text may land sooner as one more frame.
            calls["element.content"] = lambda: self._set_text(text)
        for _ in range(MAX_TRIES):
            try:
                api, _ = self._courier.deliver_first(calls)
                if api == "card.update":
                    return
                del calls["element.content"]
            except SequenceStale:
                self._sequence += STALE_STEP
            except StreamClosed:
                calls.pop("element.content", None)
        raise FeishuUnavailable(f"the card takes no final frame: {self._card_id}")

    def settle(self) -> None:
        # The final card says so too; this is for the case that Feishu takes it from here only.
        self._courier.deliver(
            "card.settings", lambda: self._set_streaming(False), patience=SETTLE_PATIENCE
        )

    @property
    def is_created(self) -> bool:
        return bool(self._card_id)

    def state(self) -> Mapping[str, Any]:
        return {
            "card_id": self._card_id,
            "message_id": self.message_id,
            "thread_id": self.thread_id,
            "opened_at": self._opened_at,
        }

    def _set_text(self, text: str) -> None:
        sequence = self._next_sequence()
        self._client.set_text(
            self._card_id, ANSWER_ELEMENT, text, uuid=self._uuid(sequence), sequence=sequence
        )

    def _update(self, card: Mapping[str, Any]) -> None:
        sequence = self._next_sequence()
        self._client.update_card(self._card_id, card, uuid=self._uuid(sequence), sequence=sequence)

    def _set_streaming(self, on: bool) -> None:
        sequence = self._next_sequence()
        self._client.set_streaming(self._card_id, on, uuid=self._uuid(sequence), sequence=sequence)

    def _reopen(self) -> None:
        for _ in range(MAX_TRIES):
            try:
                self._courier.deliver("card.settings", lambda: self._set_streaming(True))
                break
            except SequenceStale:
                self._sequence += STALE_STEP
        self._streaming_since = self._clock()

    def _next_sequence(self) -> int:
        elapsed = int((self._clock() - self._opened_at) * TICKS_PER_SECOND)
        self._sequence = max(self._sequence, elapsed) + 1
        return self._sequence

    def _uuid(self, sequence: int) -> str:
        return f"{self._card_id}-{self._nonce}-{sequence}"


class PatchedCard:
    """A card message that is replaced as a whole: for apps without CardKit."""

    interval = PATCH_INTERVAL
    is_created = True

    def __init__(
        self,
        client: FeishuClient,
        courier: PacedCaller,
        reply_to: ReplySender,
        *,
        part: int,
        save: Callable[[], None],
        state: Mapping[str, Any],
    ) -> None:
        self._client = client
        self._courier = courier
        self._reply_to = reply_to
        self._part = part
        self._save = save
        self.message_id: str = state.get("message_id", "")
        self.thread_id: str = state.get("thread_id", "")

    def open(self, card: Mapping[str, Any]) -> None:
        if self.message_id:
            return
        reply = self._reply_to.send(self._courier, "interactive", card, f"card-{self._part}")
        self.message_id, self.thread_id = reply.message_id, reply.thread_id
        self._save()

    def draw(
        self, text: str, card: Callable[[], Mapping[str, Any]], *, since: float, urgent: bool
    ) -> bool:
        return self._courier.offer(
            "message.patch",
            lambda: self._client.patch_message(self.message_id, card()),
            since=since,
            urgent=urgent,
        )

    def close(self, text: str, card: Mapping[str, Any]) -> None:
        if not self.message_id:
            self.open(card)
            return
        self._courier.deliver(
            "message.patch", lambda: self._client.patch_message(self.message_id, card)
        )

    def settle(self) -> None:
        """A message has nothing to switch off."""

    def state(self) -> Mapping[str, Any]:
        return {"message_id": self.message_id, "thread_id": self.thread_id}


def digest(reference: str) -> str:
    """A reference as Feishu takes it for a uuid: 40 characters, the same for the same words."""
    return hashlib.sha256(reference.encode()).hexdigest()[:40]
