"""What the core needs from outside, in its own words. Adapters implement these."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from feishu_bot.core.models import (
    BotIdentity,
    Conversation,
    Ending,
    Event,
    IncomingMessage,
    Job,
    Notice,
    Outcome,
    Piece,
    Prompt,
    Sent,
    ThreadKey,
    Turn,
    Usage,
)


@dataclass(frozen=True, slots=True)
class Renewal:
    """What the inbox said about our jobs: those no longer ours, and those to be stopped."""

    lost: frozenset[int]
    stopped: frozenset[int]


class Inbox(Protocol):
    """Events taken in, each once, and the leases on those being worked on."""

    def put(self, event: Event) -> bool:
        """Store the event; False when its event id or dedupe id is known already."""

    def claim(self, limit: int) -> list[Job]:
        """Lease up to `limit` events, oldest first, each the next of its conversation."""

    def renew(self) -> Renewal:
        """Prolong every lease of this process."""

    def checkpoint(self, job: Job, state: Mapping[str, Any]) -> None:
        """Keep `state` for whoever works on the job next. Raises LeaseLost."""

    def finish(self, job: Job, outcome: Outcome, turn: Turn | None, usage: Usage | None) -> None:
        """End the job and store its turn and usage, all or nothing. Raises LeaseLost."""

    def release(self, jobs: Iterable[Job]) -> None:
        """Hand jobs back, so that another process takes them up at once."""

    def let_go(self, job: Job) -> None:
        """Renew the job's lease no more, whatever became of it; does nothing to a finished one."""

    def postpone(self, job: Job, seconds: float) -> None:
        """Give the job up for now: it can be claimed again in `seconds`."""

    def stop(self, message_id: str) -> None:
        """Stop the job of this message, wherever it runs or waits, and forget its turn."""

    def waiting(self) -> int:
        """How many events are not done."""

    def sweep(self, before: float) -> int:
        """Forget events done before that time (seconds since the epoch); how many they were."""


class Conversations(Protocol):
    """Conversations, their turns, and which message belongs to which."""

    def resolve(self, message: IncomingMessage) -> ThreadKey:
        """The conversation a message belongs to, whether or not it exists yet."""

    def exists(self, key: ThreadKey) -> bool:
        """Whether the bot has answered in this conversation."""

    def key_of(self, message_id: str) -> ThreadKey | None:
        """The conversation that one of the bot's own messages belongs to."""

    def load(self, key: ThreadKey, parent_id: str = "") -> Conversation:
        """The conversation up to the turn that `parent_id` ends, or up to its newest turn."""

    def clear(self, key: ThreadKey) -> None:
        """Begin the conversation afresh: what was said so far is not loaded again."""

    def bind(self, key: ThreadKey, sent: Sent) -> None:
        """Remember that these messages, and their thread, belong to the conversation."""

    def sweep(self, before: float) -> int:
        """Delete conversations without a message since that time; how many they were."""


class Model(Protocol):
    """Anything that streams an answer."""

    def stream(self, prompt: Prompt) -> Iterator[Piece]:
        """Ask the model. Yields one ModelChosen first and one StreamEnd last. Raises ModelError."""


class AnswerStream(Protocol):
    """An answer on the screen while it grows."""

    def write(self, text: str = "", reasoning: str = "") -> None:
        """Add to the answer; it is shown when there is room for a frame. Never waits."""

    def finish(self, ending: Ending) -> Sent:
        """Show the end and wait until it has landed. Raises FeishuError when it can't."""

    def abandon(self) -> None:
        """Stop drawing and leave the card as it is."""

    @property
    def is_over(self) -> bool:
        """Whether nothing will be drawn any more: the end has landed, or it can't."""


class Messenger(Protocol):
    """How the core speaks."""

    def open_answer(
        self,
        message: IncomingMessage,
        *,
        reference: str,
        checkpoint: Mapping[str, Any],
        save: Callable[[Mapping[str, Any]], None],
        sent: Callable[[Sent], None],
    ) -> AnswerStream:
        """Begin the answer to a message, or go on in the card that `checkpoint` names.

        `reference` is the same at every try of the same answer: Feishu sends it once. `save` is
        given what another process needs to go on; it may raise LeaseLost. `sent` is told all
        messages of the answer each time there is one more.
        """

    def notify(self, message: IncomingMessage, notice: Notice, *, reference: str) -> Sent:
        """Reply with a notice, once per `reference`. Raises FeishuError."""

    def identity(self) -> BotIdentity:
        """Who the bot is; from memory, never a call."""
