"""How the core speaks."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from feishu_bot.core.cards import Block, Card, Image
from feishu_bot.core.conversations import ConversationKey
from feishu_bot.core.feedback import Ratings
from feishu_bot.core.messages import BotIdentity, SentMessages
from feishu_bot.core.notices import Notice
from feishu_bot.core.reply_target import ReplyTarget


@dataclass(frozen=True, slots=True, kw_only=True)
class Footer:
    """The small print under an answer; empty and zero parts are left out."""

    model: str = ""
    seconds: float = 0.0
    tokens: int = 0


@dataclass(frozen=True, slots=True)
class Resumable:
    """An expired conversation that can be resumed at a turn; `notice` says that it has expired."""

    turn_id: str
    notice: Notice


@dataclass(frozen=True, slots=True)
class FileOffer:
    """A file to be had of an answer: `what` is for its button, `ending` that of code.

    Where there are several with the same ending, `number` tells them apart; it begins with 1.
    One that `is_sent` needs no button: it comes by itself. `contents` are headings of what is in
    it, to be told where the card doesn't show it.
    """

    what: str
    ending: str = ""
    number: int = 0
    is_sent: bool = False
    contents: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class FinalAnswer:
    """How an answer ends: its whole text, what to say about it, and what can be pressed.

    `asides` say under it what it leaves out of account. `pictures` has the keys of those that
    the text names, by what it calls them. `files` are those to be had of it. `drawn` ones are shown
    below the text, and `controls` at the end of the card.
    """

    text: str
    reasoning: str = ""
    notice: Notice | None = None
    asides: tuple[Notice, ...] = ()
    resumable: Resumable | None = None
    footer: Footer = Footer()
    can_continue: bool = False
    can_regenerate: bool = False
    # The words of a voice message, to be read above the answer.
    heard: str = ""
    pictures: Mapping[str, str] = field(default_factory=dict)
    files: tuple[FileOffer, ...] = ()
    drawn: tuple[Image, ...] = ()
    controls: tuple[Block, ...] = ()

    @property
    def is_complete(self) -> bool:
        """Whether the text is all there."""
        return not self.can_continue and self.notice is None


@dataclass(frozen=True, slots=True, kw_only=True)
class RatingMarks:
    """What is to be seen on 👍 and 👎. With `counts` the card is rated by several people."""

    ratings: Ratings
    counts: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Retirement:
    """Nothing can be pressed any more; `notice` says in a line why."""

    notice: Notice


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowUpQuestions:
    """Questions to be pressed under the answer; without any they go away."""

    questions: tuple[str, ...]


AnswerEdit = RatingMarks | Retirement | FollowUpQuestions


@dataclass(frozen=True, slots=True)
class File:
    """Something to send as a file: its name, and what is in it."""

    name: str
    data: bytes


class AnswerLease(Protocol):
    """Whether an answer may be shown by this process. Asked before each call."""

    @property
    def is_over(self) -> bool:
        """Whether another process may have it."""

    @property
    def is_behind(self) -> bool:
        """Whether what is shown now may not be kept."""


class _Unending:
    is_over = is_behind = False


UNENDING: AnswerLease = _Unending()


# Keeps what another process needs to go on with an answer, with all messages that it has by now:
# none before the first was sent. May raise LeaseLost.
SaveAnswer = Callable[[Mapping[str, Any], SentMessages], None]


class AnswerStream(Protocol):
    """An answer on the screen while it grows."""

    def write(self, text: str = "", reasoning: str = "") -> None:
        """Add to the answer; it is shown when there is room for a frame. Never waits."""

    def rewrite(self, text: str = "", reasoning: str = "") -> None:
        """Put this in place of all that was written. Never waits."""

    def add_picture(self, target: str, key: str) -> None:
        """Show this picture where the text that follows calls it by this name. Never waits."""

    def tell_wait(self, seconds: float) -> None:
        """Say that the model is asked again in so many seconds; with 0 that is said no more."""

    def tell_drawing(self, seconds: int) -> None:
        """Say that a picture has been being drawn for so many seconds. Never waits."""

    def tell_waiting(self, messages: int) -> None:
        """Say that so many messages wait for this answer; with 0 none does. Never waits."""

    def tell_heard(self, text: str) -> None:
        """Show what was said in the voice message that is answered. Never waits."""

    def hold(self) -> None:
        """Show nothing more before `finish`: the end isn't kept yet. Never waits."""

    def finish(self, ending: FinalAnswer) -> SentMessages:
        """Show the end and wait until it has landed. Raises FeishuError when it can't."""

    def abandon(self) -> None:
        """Stop drawing and leave the card as it is."""

    @property
    def is_over(self) -> bool:
        """Whether nobody waits for more text: the end has landed, or no try can show it.

        Where only this try can't, the whole answer is for the next one.
        """


class Messenger(Protocol):
    """How the core speaks."""

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
    ) -> AnswerStream:
        """Begin an answer, or continue in the card that `checkpoint` names.

        An answer that is written already goes on from the `position` that its last card's button
        came with; it is shown when it ends.

        `key` is its conversation, in which alone its buttons count. `reference` is the same at
        every try of the same answer: Feishu sends it once. Where the card `has_text` of an earlier
        process, nothing is drawn before text is written: it would take that away. Nothing is shown
        once the `lease` is over, and nothing new while it is behind.
        """

    def has_room(self, chat_id: str) -> bool:
        """Whether Feishu now takes what isn't urgent in a chat."""

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
        """Say in the card of an answer that so many questions stand before it.

        `open_answer` goes on in that card; what it says may only become less. The rest as there.
        It waits for room a moment at most. False where answers have no card before they end.
        Raises FeishuError, LeaseLost.
        """

    def notify(
        self, target: ReplyTarget, notice: Notice, *, key: ConversationKey | None, reference: str
    ) -> SentMessages:
        """Reply with a notice, once per `reference`; `key` as in `show`. Raises FeishuError."""

    def show(
        self, target: ReplyTarget, card: Card, *, key: ConversationKey | None, reference: str
    ) -> SentMessages:
        """Reply with a card, once per `reference`. Raises FeishuError.

        `key` is its conversation, None for one that the card opens itself.
        """

    def send_file(
        self, target: ReplyTarget, name: str, data: bytes, *, reference: str
    ) -> SentMessages:
        """Reply with a file, once per `reference`. Raises FeishuError."""

    def send_voice(
        self, target: ReplyTarget, data: bytes, milliseconds: int, *, reference: str
    ) -> SentMessages:
        """Reply with a recording, Opus in Ogg of this length, once per `reference`.

        Raises FeishuError.
        """

    def upload_picture(self, data: bytes, *, patience: float = 120.0) -> str:
        """Upload a picture; returns its key, for the images of cards.

        Raises FeishuError, FeishuUnavailable after `patience` seconds.
        """

    def edit_answer(
        self,
        target: ReplyTarget,
        message_id: str,
        card_id: str,
        edit: AnswerEdit,
        *,
        key: ConversationKey | None,
    ) -> None:
        """Change the card of an answer that has ended; other edits of it must wait meanwhile.

        `message_id` is the message that shows the card; an empty `card_id` has Feishu asked for
        it. `key` is the conversation of the card, where the edit brings buttons.

        Raises FeishuError when it is no card that can be edited, or not any more.
        """

    def identity(self) -> BotIdentity:
        """Who the bot is; from memory, never a call."""
