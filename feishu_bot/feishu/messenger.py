"""How the bot speaks in Feishu: implements `core.ports.Messenger`."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, Literal

from feishu_bot.content.catalog import Catalog
from feishu_bot.core.cards import Card
from feishu_bot.core.chats import ThreadChoice
from feishu_bot.core.languages import Language
from feishu_bot.core.messages import BotIdentity, IncomingMessage, SentMessages
from feishu_bot.core.notices import Notice
from feishu_bot.errors import FeishuError
from feishu_bot.feishu.api.client import FeishuClient
from feishu_bot.feishu.api.error_codes import CREDENTIALS_REFUSED
from feishu_bot.feishu.cards import answer
from feishu_bot.feishu.cards.card_renderer import render_card
from feishu_bot.feishu.cards.localizer import Localizer
from feishu_bot.feishu.streaming.card_stream import CardStream
from feishu_bot.feishu.streaming.paced_calls import PacedCaller
from feishu_bot.feishu.streaming.pacer import Pacer
from feishu_bot.feishu.streaming.streaming_card import (
    CardKitCard,
    PatchedCard,
    ReplySender,
    StreamingCard,
)

logger = logging.getLogger(__name__)

# After so long a scope that was missing may have been granted.
CARDKIT_RETRY_SECONDS = 600.0
SETTLING_SECONDS = 2.0
IDENTITY_SECONDS = 3600.0
IDENTITY_RETRY_SECONDS = 15.0


class FeishuMessenger:
    """One object for all answers. Nothing is open before `start`."""

    def __init__(
        self,
        *,
        client: FeishuClient,
        pacer: Pacer,
        texts: Mapping[Language, Catalog],
        language_of: Callable[[str, str], Language],
        identity: BotIdentity,
        threads: int,
        streaming: bool,
        frame_interval: float,
        reply_in_thread: Literal["auto", "always", "never"],
        thread_choice_of: Callable[[str], ThreadChoice] = lambda chat_id: "",
        timer: Callable[[], float] = time.monotonic,
    ) -> None:
        self._client = client
        self._pacer = pacer
        self._texts = texts
        self._language_of = language_of
        self._identity = identity
        self._threads = threads
        self._streaming = streaming
        self._frame_interval = frame_interval
        self._reply_in_thread = reply_in_thread
        self._thread_choice_of = thread_choice_of
        self._timer = timer
        self._no_cardkit_until = 0.0
        self._identified = threading.Event()
        self._drawing = 0
        self._drawn = threading.Condition()
        self._closing = threading.Event()

    def start(self) -> None:
        """Begin to draw, and to learn who the bot is."""
        self._pool = ThreadPoolExecutor(self._threads, thread_name_prefix="card")
        self._identifying = threading.Thread(
            target=self._keep_identity, name="identity", daemon=True
        )
        self._identifying.start()

    def stop(self) -> None:
        """Let the last cards be settled, for a moment, and let go of the threads."""
        self._closing.set()
        with self._drawn:
            self._drawn.wait_for(lambda: not self._drawing, timeout=SETTLING_SECONDS)
        self._identifying.join(SETTLING_SECONDS)
        self._pool.shutdown(wait=False, cancel_futures=True)

    def identity(self, patience: float = 0.0) -> BotIdentity:
        """Who the bot is, as far as Feishu has told, after waiting for it up to `patience` s."""
        if patience and not self._identity.open_id:
            self._identified.wait(patience)
        return self._identity

    def open_answer(
        self,
        message: IncomingMessage,
        *,
        reference: str,
        checkpoint: Mapping[str, Any],
        save: Callable[[Mapping[str, Any]], None],
        sent: Callable[[SentMessages], None],
    ) -> CardStream:
        """Begin the answer to a message, or go on in the cards that `checkpoint` names."""
        courier = PacedCaller(self._pacer, timer=self._timer)
        reply_to = self._reply_to(message, reference)

        def entity(part: int, state: Mapping[str, Any]) -> StreamingCard:
            return CardKitCard(
                self._client,
                courier,
                reply_to,
                part=part,
                interval=self._frame_interval,
                save=lambda: stream.save(),
                state=state,
            )

        def patched(part: int, state: Mapping[str, Any]) -> StreamingCard:
            return PatchedCard(
                self._client,
                courier,
                reply_to,
                part=part,
                save=lambda: stream.save(),
                state=state,
            )

        has_entities = self._streaming and self._timer() > self._no_cardkit_until
        stream = CardStream(
            courier=courier,
            reply_to=reply_to,
            make_surface=entity if has_entities else patched,
            make_patched=patched,
            on_no_cardkit=self._miss_cardkit,
            texts=self._texts_for(message),
            others=self._others_for(message),
            stop=reference,
            streaming=self._streaming,
            checkpoint=checkpoint,
            save=save,
            sent=sent,
            timer=self._timer,
        )
        self._draw(stream)
        return stream

    def notify(self, message: IncomingMessage, notice: Notice, *, reference: str) -> SentMessages:
        """Reply with a notice card, once per `reference`. Raises FeishuError."""
        reply = self._reply_to(message, reference).send(
            PacedCaller(self._pacer, timer=self._timer),
            "interactive",
            answer.notice_card(self._texts_for(message), notice, self._others_for(message)),
            "notice",
        )
        return SentMessages((reply.message_id,), reply.thread_id, reply.chat_id)

    def show(self, message: IncomingMessage, view: Card, *, reference: str) -> SentMessages:
        """Reply with a card, once per `reference`. Raises FeishuError."""
        localizer = Localizer(self._texts_for(message), self._others_for(message))
        card = render_card(localizer, view)
        courier = PacedCaller(self._pacer, timer=self._timer)
        reply = self._reply_to(message, reference).send(courier, "interactive", card, "view")
        return SentMessages((reply.message_id,), reply.thread_id, reply.chat_id)

    def send_file(
        self, message: IncomingMessage, name: str, data: bytes, *, reference: str
    ) -> SentMessages:
        """Reply with a file, once per `reference`. Raises FeishuError."""
        courier = PacedCaller(self._pacer, timer=self._timer)
        key = courier.deliver("file.create", lambda: self._client.upload_file(name, data))
        content = {"file_key": key}
        reply = self._reply_to(message, reference).send(courier, "file", content, "file")
        return SentMessages((reply.message_id,), reply.thread_id)

    def _texts_for(self, message: IncomingMessage) -> Catalog:
        return self._texts[self._language_of(message.sender.open_id, message.chat_id)]

    def _others_for(self, message: IncomingMessage) -> tuple[Catalog, ...]:
        """Many read a group, each in a language of their own."""
        return tuple(self._texts.values()) if message.chat_type == "group" else ()

    def _miss_cardkit(self) -> None:
        self._no_cardkit_until = self._timer() + CARDKIT_RETRY_SECONDS

    def _draw(self, stream: CardStream) -> None:
        with self._drawn:
            self._drawing += 1

        def count_drawn(drawing: Future[None]) -> None:
            if drawing.cancelled():
                stream.draw_nothing()
            with self._drawn:
                self._drawing -= 1
                self._drawn.notify_all()

        self._pool.submit(stream.draw).add_done_callback(count_drawn)

    def _reply_to(self, message: IncomingMessage, reference: str) -> ReplySender:
        # The chat's own choice, then the bot's.
        match self._thread_choice_of(message.chat_id) or self._reply_in_thread:
            case "auto":
                in_thread = message.chat_type == "group"
            case choice:
                in_thread = choice == "always"
        return ReplySender(
            self._client,
            message.message_id,
            message.chat_id,
            in_thread=in_thread,
            reference=reference,
            open_id=message.sender.open_id,
        )

    def _keep_identity(self) -> None:
        """Ask Feishu who the bot is until it says so, and now and then again."""
        while True:
            try:
                self._identity = self._client.identity()
                self._identified.set()
                wait = IDENTITY_SECONDS
            except (FeishuError, KeyError, TypeError, ValueError) as exc:
                if getattr(exc, "code", 0) in CREDENTIALS_REFUSED:
                    logger.error(
                        "Feishu doesn't accept APP_ID and APP_SECRET: compare them with "
                        "凭证与基础信息 / Credentials & Basic Info error=%s",
                        exc,
                    )
                else:
                    logger.warning("identity unknown, going by the name meanwhile error=%s", exc)
                wait = IDENTITY_RETRY_SECONDS
            if self._closing.wait(wait):
                return
