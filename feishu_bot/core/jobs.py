"""A task in the inbox, and the job that does it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any, Literal, Self

from feishu_bot.core.conversations import ConversationKey
from feishu_bot.core.messages import IncomingMessage, Sender, known_fields
from feishu_bot.core.reply_target import ReplyTarget
from feishu_bot.core.tasks import TASK_TYPES, AskQuestion, RefuseQuestion, Task

Outcome = Literal["answered", "noticed", "stopped", "failed"]

# A job that failed this often fails for a reason that another try won't cure.
MAX_ATTEMPTS = 5
_KINDS = {task: kind for kind, task in TASK_TYPES.items()}


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
        return _KINDS[type(self.task)]

    @property
    def message(self) -> IncomingMessage | None:
        """What the person wrote; None when something was pressed."""
        return getattr(self.task, "message", None)

    @property
    def goes_first(self) -> bool:
        """Whether it is said before all that waits."""
        return isinstance(self.task, RefuseQuestion)

    @property
    def turn_in(self) -> str:
        """Where it waits for its turn: tasks with the same are done one after the other."""
        return f"{self.key}|{self.dedupe_id}" if self.goes_first else str(self.key)

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
    `progress` what it had read of the answer by then. With `has_waiting_card` the checkpoint is
    that of a card that says that the question waits, and nothing else. `is_stopped` says that
    nobody wants it any more.
    """

    id: int
    attempt: int
    fencing_token: int = 1
    checkpoint: Mapping[str, Any] = field(default_factory=dict)
    has_waiting_card: bool = False
    is_stopped: bool = False
    progress: str = ""

    @property
    def has_begun(self) -> bool:
        """Whether an earlier attempt has begun what it asks for."""
        return bool(self.checkpoint) and not self.has_waiting_card

    @classmethod
    def of(
        cls,
        queued: QueuedTask,
        *,
        id: int,
        attempt: int,
        checkpoint: Mapping[str, Any],
        fencing_token: int = 1,
        has_waiting_card: bool = False,
        is_stopped: bool = False,
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
            has_waiting_card=has_waiting_card,
            is_stopped=is_stopped,
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
    values = known_fields(TASK_TYPES[kind], payload["task"])
    if values.get("message") is not None:
        values["message"] = IncomingMessage.from_json(values["message"])
    return target, TASK_TYPES[kind](**values), float(payload["created_at"])
