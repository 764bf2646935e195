"""The bot's messages in Feishu."""

from __future__ import annotations

import contextvars
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, Literal

from feishu_bot.content.catalog import Catalog
from feishu_bot.core.cards import Card
from feishu_bot.core.chats import ThreadChoice
from feishu_bot.core.conversations import ConversationKey
from feishu_bot.core.languages import Language
from feishu_bot.core.messages import BotIdentity, SentMessages
from feishu_bot.core.messenger import UNENDING, AnswerEdit, AnswerLease, FinalAnswer, SaveAnswer
from feishu_bot.core.notices import Notice
from feishu_bot.core.queue.reaction_order import MessageRoom
from feishu_bot.core.reply_target import ReplyTarget
from feishu_bot.errors import CardRefused, LeaseLost
from feishu_bot.feishu.api.client import FeishuClient, MessageReply
from feishu_bot.feishu.card_editor import CardEditor
from feishu_bot.feishu.cards.answer import as_plain_text
from feishu_bot.feishu.cards.answer_edits import edit_actions
from feishu_bot.feishu.cards.button_signer import ButtonSigner
from feishu_bot.feishu.cards.card_renderer import render_card
from feishu_bot.feishu.cards.notice import notice_card
from feishu_bot.feishu.identity import IdentityLookup
from feishu_bot.feishu.reply_context import ReplyContext
from feishu_bot.feishu.streaming.api_budget import PER_MINUTE, PER_SECOND, SECOND
from feishu_bot.feishu.streaming.card_factory import CardFactory
from feishu_bot.feishu.streaming.card_stream import CardStream
from feishu_bot.feishu.streaming.paced_calls import PATIENCE, Abandoned, PacedCaller
from feishu_bot.feishu.streaming.pacer import CHAT_SECONDS, SENDS_PER_CHAT, Pacer
from feishu_bot.feishu.streaming.waiting_card import WaitingCard
from feishu_bot.logs import get_logger

logger = get_logger(__name__)

# After so long a scope that was missing may have been granted.
CARDKIT_RETRY_SECONDS = 600.0
SETTLING_SECONDS = 2.0
# A message is sent soon where only the second's limit keeps it waiting, and not the minute's.
SOON_SECONDS = 1.5
# Of a minute's messages, the part with which no answer begins. What has been claimed a moment ago
# hasn't asked for its message yet, and would wait for the next minute where nobody sees it; and
# notices are left something.
CLAIMED_PART = 0.03
# What isn't urgent is sent where there is room for it now; it waits so long at most.
ROOM_SECONDS = 0.2
ROOM_PATIENCE = 1.0


class FeishuMessenger:
    """Implements `core.messenger.Messenger`: one object for all answers.

    Nothing is open before `start`. `language_of` is given an open_id and a chat_id. An answer
    shows `most_cards` at a time; 0 is no limit. `admins` are named in notices that ask for one;
    `signer` signs all that can be pressed.
    """

    def __init__(
        self,
        *,
        client: FeishuClient,
        pacer: Pacer,
        texts: Mapping[Language, Catalog],
        language_of: Callable[[str, str], Language],
        identity: BotIdentity,
        signer: ButtonSigner,
        threads: int,
        streaming: bool,
        frame_interval: float,
        most_cards: int,
        reply_in_thread: Literal["auto", "always", "never"],
        thread_choice_of: Callable[[str], ThreadChoice] = lambda _: "",
        admins: tuple[str, ...] | None = None,
        timer: Callable[[], float] = time.monotonic,
    ) -> None:
        self._client = client
        self._pacer = pacer
        self._context = ReplyContext(
            client=client,
            texts=texts,
            language_of=language_of,
            signer=signer,
            reply_in_thread=reply_in_thread,
            thread_choice_of=thread_choice_of,
            admins=admins,
        )
        self._identity = IdentityLookup(client, identity)
        self._threads = threads
        self._streaming = streaming
        self._frame_interval = frame_interval
        self._most_cards = most_cards
        self._timer = timer
        self._editor = CardEditor(client, pacer, timer=timer)
        self._no_cardkit_until = 0.0
        self._drawing = 0
        self._drawn = threading.Condition()

    def start(self) -> None:
        """Begin to draw, and to learn who the bot is."""
        self._pool = ThreadPoolExecutor(self._threads, thread_name_prefix="card")
        self._identity.poller.start()

    def stop(self) -> None:
        """Let the last cards be settled, for a moment, and end the threads."""
        with self._drawn:
            self._drawn.wait_for(lambda: not self._drawing, timeout=SETTLING_SECONDS)
        self._identity.poller.stop()
        self._pool.shutdown(wait=False, cancel_futures=True)

    def identity(self, patience: float = 0.0) -> BotIdentity:
        """The bot's identity, after waiting for it up to `patience` seconds."""
        return self._identity.get(patience)

    def open_answer(
        self,
        target: ReplyTarget,
        *,
        key: ConversationKey,
        reference: str,
        checkpoint: Mapping[str, Any],
        save: SaveAnswer,
        position: str = "",
        has_text: bool = False,
        lease: AnswerLease = UNENDING,
    ) -> CardStream:
        # What is written already needn't grow.
        streaming = self._streaming and not position
        caller = PacedCaller(self._pacer, lease=lease, timer=self._timer)
        factory = self._factory(target, caller, reference, streaming=streaming)
        stream = CardStream(
            caller=caller,
            replies=factory.replies,
            factory=factory,
            look=self._context.look(target, key, reference, streaming=streaming),
            checkpoint=checkpoint,
            save=save,
            most_cards=self._most_cards,
            position=position,
            has_text=has_text,
            timer=self._timer,
        )
        self._draw(stream)
        return stream

    def has_room(self, chat_id: str) -> bool:
        apis = ("card.create", "message.reply")
        return self._pacer.delay(*apis, urgent=False, chat=chat_id) < ROOM_SECONDS

    def may_send(self) -> bool:
        """Whether a message can be sent soon: else what begins with one had better not begin."""
        is_soon = self._pacer.delay("message.reply", urgent=True) < SOON_SECONDS
        return is_soon and self._pacer.part_left("message.reply") > CLAIMED_PART

    def message_room(self) -> MessageRoom:
        """What Feishu takes of messages from now on, of all processes together."""
        return MessageRoom(
            left=self._pacer.left("message.reply") - int(CLAIMED_PART * PER_MINUTE),
            per_second=PER_SECOND / SECOND * self._pacer.factor("message.reply"),
            per_second_in_chat=SENDS_PER_CHAT / CHAT_SECONDS,
        )

    def show_waiting(
        self,
        target: ReplyTarget,
        ahead: int,
        *,
        key: ConversationKey,
        reference: str,
        checkpoint: Mapping[str, Any],
        save: SaveAnswer,
        lease: AnswerLease,
    ) -> bool:
        if not self._streaming:
            return False
        caller = PacedCaller(
            self._pacer,
            patience=ROOM_PATIENCE,
            room_patience=ROOM_PATIENCE,
            lease=lease,
            timer=self._timer,
        )
        card = WaitingCard(
            factory=self._factory(target, caller, reference, streaming=True),
            look=self._context.look(target, key, reference, streaming=True),
            checkpoint=checkpoint,
            save=save,
        )
        try:
            if card.told is None or ahead < card.told:
                card.show(ahead)
        except Abandoned as exc:
            raise LeaseLost("the lease has ended") from exc
        return True

    def notify(
        self, target: ReplyTarget, notice: Notice, *, key: ConversationKey | None, reference: str
    ) -> SentMessages:
        others = self._context.others_for(target)
        texts, chat = self._context.texts_for(target), target.chat_type or ""
        card = notice_card(texts, notice, others, admins=self._context.admins, chat=chat)
        card = self._context.signing(target, key)(card)
        replies = self._context.replies(target, self._caller(), reference)
        try:
            return _sent(replies.send("interactive", card, "notice"))
        except CardRefused as exc:
            logger.warning("notice refused as a card, saying it as text", error=str(exc))
            words = as_plain_text(
                self._context.texts_for(target), FinalAnswer(text="", notice=notice)
            )
            return _sent(replies.send("text", {"text": words}, "notice-text"))

    def show(
        self, target: ReplyTarget, card: Card, *, key: ConversationKey | None, reference: str
    ) -> SentMessages:
        localizer = self._context.localizer(target)
        replies = self._context.replies(target, self._caller(), reference)
        rendered = self._context.signing(target, key)(render_card(localizer, card))
        # The name of the part keeps a card that an earlier version sent from being sent again.
        return _sent(replies.send("interactive", rendered, "view"))

    def send_file(
        self, target: ReplyTarget, name: str, data: bytes, *, reference: str
    ) -> SentMessages:
        caller = self._caller()
        key = caller.call("file.create", lambda: self._client.resources.upload_file(name, data))
        replies = self._context.replies(target, caller, reference)
        return _sent(replies.send("file", {"file_key": key}, "file"))

    def send_voice(
        self, target: ReplyTarget, data: bytes, milliseconds: int, *, reference: str
    ) -> SentMessages:
        caller = self._caller()
        upload = self._client.resources.upload_voice
        key = caller.call("file.create", lambda: upload(data, milliseconds))
        replies = self._context.replies(target, caller, reference)
        return _sent(replies.send("audio", {"file_key": key}, "voice"))

    def upload_picture(self, data: bytes, *, patience: float = PATIENCE) -> str:
        upload = self._client.resources.upload_picture
        return self._caller().call("image.create", lambda: upload(data), patience=patience)

    def edit_answer(
        self,
        target: ReplyTarget,
        message_id: str,
        card_id: str,
        edit: AnswerEdit,
        *,
        key: ConversationKey | None,
    ) -> None:
        localizer = self._context.localizer(target)
        actions = edit_actions(localizer, edit)
        if key:
            actions = self._context.signing(target, key)(actions)
        self._editor.edit(message_id, card_id, actions)

    def _factory(
        self, target: ReplyTarget, caller: PacedCaller, reference: str, *, streaming: bool
    ) -> CardFactory:
        return CardFactory(
            client=self._client,
            caller=caller,
            replies=self._context.replies(target, caller, reference),
            interval=self._frame_interval,
            has_cardkit=streaming and self._timer() > self._no_cardkit_until,
            on_no_cardkit=self._miss_cardkit,
        )

    def _caller(self) -> PacedCaller:
        return PacedCaller(self._pacer, timer=self._timer)

    def _miss_cardkit(self) -> None:
        self._no_cardkit_until = self._timer() + CARDKIT_RETRY_SECONDS

    def _draw(self, stream: CardStream) -> None:
        with self._drawn:
            self._drawing += 1

        def count_drawn(drawing: Future[None]) -> None:
            if drawing.cancelled():
                stream.cancel()
            with self._drawn:
                self._drawing -= 1
                self._drawn.notify_all()

        # The log lines of the drawing thread get the fields that are bound here.
        context = contextvars.copy_context()
        self._pool.submit(context.run, stream.draw).add_done_callback(count_drawn)


def _sent(reply: MessageReply) -> SentMessages:
    return SentMessages((reply.message_id,), reply.thread_id, reply.chat_id)
