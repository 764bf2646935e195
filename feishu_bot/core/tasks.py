"""Tasks: what an event asks for, and the job that does it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields, replace
from typing import Any, Literal, Self

from feishu_bot.core.conversations import ConversationKey
from feishu_bot.core.drawings import Shape
from feishu_bot.core.messages import ChatType, IncomingMessage, Sender, known_fields

Outcome = Literal["answered", "noticed", "stopped", "failed"]

# A job that failed this often fails for a reason that another try won't cure.
MAX_ATTEMPTS = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplyTarget:
    """Where an answer goes: to a message, else to a chat, else to the person who asked.

    `chat_type` is None where a click doesn't tell; others may be reading then. `has_thread` is
    whether the message stands in a thread or topic, None where that isn't known. `asked` is the
    question, and who asks it, where it was pressed and no message says it.
    """

    message_id: str
    chat_id: str
    chat_type: ChatType | None
    sender: Sender
    has_thread: bool | None = None
    asked: str = ""

    @classmethod
    def of(cls, message: IncomingMessage) -> Self:
        """The target of a reply to this message."""
        return cls(
            message_id=message.message_id,
            chat_id=message.chat_id,
            chat_type=message.chat_type,
            sender=message.sender,
            has_thread=bool(message.thread_id),
        )

    def to_answer(self, answer_id: str) -> Self:
        """The target of a reply to the answer that went here."""
        return replace(self, message_id=answer_id, asked="")

    @property
    def is_private(self) -> bool:
        """Whether nobody but the person who asked reads the answer."""
        return self.chat_type == "p2p"


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
    | Greet
    | LegacyText
)

_KINDS: Mapping[str, type[Task]] = {
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
}
_NAMES = {task: kind for kind, task in _KINDS.items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class QueuedTask:
    """A task as it goes into the inbox: once per `event_id` and per `dedupe_id`.

    `dedupe_id` is the message id for a message (Feishu may push one message under several event
    ids); a click to continue has one for each card, however often it is pressed. `created_at` is
    when it was asked for, in seconds since the epoch by Feishu's clock, 0 when that isn't told.
    """

    event_id: str
    dedupe_id: str
    key: ConversationKey
    target: ReplyTarget
    task: Task
    created_at: float = 0.0

    @property
    def kind(self) -> str:
        """The name of the task in the inbox."""
        return _NAMES[type(self.task)]

    @property
    def message(self) -> IncomingMessage | None:
        """What the person wrote; None when something was pressed."""
        return getattr(self.task, "message", None)

    @property
    def branch_point(self) -> str:
        """The message that the task was written or pressed on, on purpose; empty for none."""
        return self.message.branch_point if self.message else self.target.message_id

    @property
    def is_wordless(self) -> bool:
        """Whether it is something to ask about that came without a question.

        A recording is a question: what is in it are words.
        """
        message = self.message
        if not isinstance(self.task, AskQuestion) or message is None or self.task.text.strip():
            return False
        kinds = {item.kind for item in message.attachments}
        return message.kind == "merge_forward" or bool(kinds and "audio" not in kinds)

    @property
    def place(self) -> str:
        """Where a person asks: what stands at one place directly after another belongs together.

        That is a conversation; of messages that would each open one it is the chat. Empty for
        what is no question.
        """
        message = self.message
        if not isinstance(self.task, AskQuestion) or message is None:
            return ""
        if not (self.task.text.strip() or self.is_wordless or message.kind == "audio"):
            return ""
        opens_one = self.key.root == message.message_id and not message.thread_id
        where = self.key.chat_id if opens_one else str(self.key)
        return "|".join((where, message.sender.open_id, message.branch_point))

    def payload(self) -> dict[str, Any]:
        """A dict that `json.dumps` takes; `read_payload` reads it back."""
        return {
            "target": asdict(self.target),
            "task": asdict(self.task),
            "created_at": self.created_at,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Job(QueuedTask):
    """A task that this process has claimed, with what an earlier process left behind.

    `attempt` counts from 1, and counts failures: a crash of the process is none of the job's own,
    unless there are many. `fencing_token` grows with each claim, so that what a former holder
    writes is refused. `checkpoint` is what the last attempt saved, or an empty dict, and
    `progress` what it had read of the answer by then.
    """

    id: int
    attempt: int
    fencing_token: int = 1
    checkpoint: Mapping[str, Any] = field(default_factory=dict)
    progress: str = ""

    @classmethod
    def of(
        cls,
        queued: QueuedTask,
        *,
        id: int,
        attempt: int,
        checkpoint: Mapping[str, Any],
        fencing_token: int = 1,
        progress: str = "",
    ) -> Self:
        """The job of a claimed task."""
        values = {item.name: getattr(queued, item.name) for item in fields(QueuedTask)}
        return cls(
            **values,
            id=id,
            attempt=attempt,
            fencing_token=fencing_token,
            checkpoint=checkpoint,
            progress=progress,
        )


def read_payload(kind: str, payload: Mapping[str, Any]) -> tuple[ReplyTarget, Task, float]:
    """Target, task and time of what `payload` gave, by this version or a newer one.

    Fields that this version doesn't know are left out. Raises KeyError, TypeError or ValueError
    when it is something else.
    """
    raw = payload["target"]
    sender = Sender.from_json(raw["sender"])
    target = ReplyTarget(**known_fields(ReplyTarget, raw) | {"sender": sender})
    values = known_fields(_KINDS[kind], payload["task"])
    if values.get("message") is not None:
        values["message"] = IncomingMessage.from_json(values["message"])
    return target, _KINDS[kind](**values), float(payload["created_at"])
