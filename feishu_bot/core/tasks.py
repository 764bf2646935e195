"""Tasks: what an event asks for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from feishu_bot.core.drawings import Shape
from feishu_bot.core.messages import IncomingMessage


@dataclass(frozen=True, slots=True, kw_only=True)
class AskQuestion:
    """Ask the model. `message` is None for a question on a button."""

    text: str
    message: IncomingMessage | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RunCommand:
    """Run a command. `message` is None when it was pressed, on a card or in the bot's menu.

    `data` is what the button or `Command.on_receive` adds to the argument.
    """

    name: str
    argument: str = ""
    message: IncomingMessage | None = None
    data: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class SuggestCommand:
    """Answer what looks like a command and is none. `nearest` may be empty.

    `argument` is what stood behind the word.
    """

    word: str
    nearest: str = ""
    argument: str = ""
    message: IncomingMessage | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Regenerate:
    """Answer a question once more, on a branch of its own.

    `answer_id` is a message of the turn. An empty `model` is the conversation's; `text` is asked
    in place of what was asked before, where it was edited. With `at_head` it is asked where the
    conversation goes on now, and not where it was asked before.
    """

    answer_id: str
    model: str = ""
    text: str = ""
    at_head: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class DrawAgain:
    """Draw what a turn asked for once more; with an `instruction`, change what it drew by that.

    `answer_id` is a message of the turn. Shape and style are those to draw in.
    """

    answer_id: str
    instruction: str = ""
    shape: Shape | Literal[""] = ""
    style: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferEdited:
    """Offer to answer a question that was edited; `text` is what it says now."""

    text: str
    message: IncomingMessage


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferMissed:
    """Say that a message came too late, and offer to answer it if it `is_question`.

    `message` is None when it was the bot's menu that was pressed.
    """

    message: IncomingMessage | None = None
    is_question: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SuggestFollowUps:
    """Have a model suggest questions that may follow an answer."""

    answer_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ShowFollowUps:
    """Put suggested questions on an answer's card."""

    answer_id: str
    questions: Sequence[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class ContinueAnswer:
    """Continue the answer that this card shows."""

    card_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MarkRatings:
    """Show on an answer's card what people think of it now."""

    answer_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MarkRecalled:
    """Say on an answer's card that its question was recalled, and take the buttons away."""

    answer_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ShowMore:
    """Show more of the answer of this card, from this position on."""

    card_id: str
    position: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SendAnswerFile:
    """Send a part of an answer, or all of it, as a file. `answer_id` is a message of the turn.

    One that nobody asked for `is_unasked`: where there is no such answer any more nothing is said.
    """

    answer_id: str
    what: str
    is_unasked: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SpeakAnswer:
    """Speak an answer, in a voice message below it."""

    answer_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MakeTitle:
    """Name the conversation that began with this answer."""

    answer_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RefuseQuestion:
    """Say that a question wasn't taken in since `most` wait; `notice` is the kind that says so."""

    notice: str
    most: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Greet:
    """Say hello to a group that the bot was added to, or to a new person."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LegacyText:
    """A message or a pressed text as version 0.1 stored it: not parsed yet."""

    text: str
    message: IncomingMessage | None = None
    data: Mapping[str, str] = field(default_factory=dict)


Task = (
    AskQuestion
    | RunCommand
    | SuggestCommand
    | Regenerate
    | DrawAgain
    | OfferEdited
    | OfferMissed
    | ContinueAnswer
    | SuggestFollowUps
    | ShowFollowUps
    | MarkRatings
    | MarkRecalled
    | ShowMore
    | SendAnswerFile
    | SpeakAnswer
    | MakeTitle
    | RefuseQuestion
    | Greet
    | LegacyText
)

# Their names in the inbox.
TASK_TYPES: Mapping[str, type[Task]] = {
    "ask": AskQuestion,
    "run": RunCommand,
    "suggest": SuggestCommand,
    "regenerate": Regenerate,
    "draw": DrawAgain,
    "offer": OfferEdited,
    "missed": OfferMissed,
    "continue": ContinueAnswer,
    "suggest_follow_ups": SuggestFollowUps,
    "show_follow_ups": ShowFollowUps,
    "ratings": MarkRatings,
    "recalled": MarkRecalled,
    "more": ShowMore,
    "file": SendAnswerFile,
    "title": MakeTitle,
    "speak": SpeakAnswer,
    "greet": Greet,
    "refuse": RefuseQuestion,
}
# Those that begin a card that grows.
ANSWERS = frozenset({"ask", "regenerate", "draw", "continue"})
