"""What a reply takes from where it goes to: its languages, its thread and its signed buttons."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal

from feishu_bot.content.catalog import Catalog
from feishu_bot.core.button_values import ButtonPlace
from feishu_bot.core.chats import ThreadChoice
from feishu_bot.core.conversations import ConversationKey
from feishu_bot.core.languages import Language
from feishu_bot.core.reply_target import ReplyTarget
from feishu_bot.feishu.api.client import FeishuClient
from feishu_bot.feishu.cards.button_signer import ButtonSigner
from feishu_bot.feishu.cards.localizer import Localizer
from feishu_bot.feishu.streaming.answer_look import AnswerLook
from feishu_bot.feishu.streaming.paced_calls import PacedCaller
from feishu_bot.feishu.streaming.reply_sender import ReplySender


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplyContext:
    """The same for all replies of a bot; see `FeishuMessenger` for what it is made of."""

    client: FeishuClient
    texts: Mapping[Language, Catalog]
    language_of: Callable[[str, str], Language]
    signer: ButtonSigner
    reply_in_thread: Literal["auto", "always", "never"]
    thread_choice_of: Callable[[str], ThreadChoice]
    admins: tuple[str, ...] | None

    def replies(self, target: ReplyTarget, caller: PacedCaller, reference: str) -> ReplySender:
        """Sends what answers this target, in its thread or not."""
        # The chat's own choice, then the bot's.
        match self.thread_choice_of(target.chat_id) or self.reply_in_thread:
            case "auto":
                in_thread = not target.is_private
            case choice:
                in_thread = choice == "always"
        return ReplySender(
            client=self.client,
            caller=caller,
            message_id=target.message_id,
            chat_id=target.chat_id,
            open_id=target.sender.open_id,
            in_thread=in_thread,
            reference=reference,
            # In a topic group it would open a topic of its own, elsewhere it leaves its thread.
            may_leave_message=bool(target.chat_id)
            and not target.has_thread
            and (target.is_private or target.has_thread is False),
        )

    def signing(self, target: ReplyTarget, key: ConversationKey | None) -> Callable[[Any], Any]:
        """Signs what is pressed on a card in this conversation, or in one that it opens itself."""
        if key:
            place = ButtonPlace.of(key, target.chat_type)
        else:
            place = ButtonPlace(
                chat_id=target.chat_id, chat_type=target.chat_type, person=target.sender.open_id
            )
        return partial(self.signer.sign_buttons, place=place)

    def texts_for(self, target: ReplyTarget) -> Catalog:
        """In the language of whoever asked."""
        return self.texts[self.language_of(target.sender.open_id, target.chat_id)]

    def others_for(self, target: ReplyTarget) -> tuple[Catalog, ...]:
        """Many read a group, each in a language of their own."""
        return tuple(self.texts.values()) if not target.is_private else ()

    def localizer(self, target: ReplyTarget) -> Localizer:
        """Writes cards in all languages of those who read them."""
        return Localizer(self.texts_for(target), self.others_for(target))

    def look(
        self, target: ReplyTarget, key: ConversationKey, reference: str, *, streaming: bool
    ) -> AnswerLook:
        """Of an answer in this conversation, whose Stop button names its `reference`."""
        return AnswerLook(
            texts=self.texts_for(target),
            others=self.others_for(target),
            admins=self.admins,
            chat=target.chat_type or "",
            stop=reference,
            streaming=streaming,
            asked=target.asked,
            sign=self.signing(target, key),
        )
