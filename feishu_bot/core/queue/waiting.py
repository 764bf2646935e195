"""Messages that wait for their turn: how they are found, and what is remembered of their sign."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitingTask:
    """A task that no answer has begun to; `is_message` where a person's message asks for it.

    `conversation` is its key as a text, `sender` an open_id; `received_at` is in seconds since the
    epoch. `is_behind` says that it waits for another one of its conversation, `has_card` that a
    card says so, and `is_stopped` that nobody wants it any more.
    """

    id: int
    kind: str
    message_id: str
    conversation: str
    chat_id: str
    sender: str
    received_at: float
    is_message: bool
    is_stopped: bool
    has_card: bool
    is_behind: bool
    has_reaction: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftReaction:
    """The bot's reaction on a message that waits no more.

    `reaction_id` is empty where it isn't known whether Feishu took the reaction in.
    """

    message_id: str
    reaction_id: str
    created_at: float


class WaitingStore(Protocol):
    """What waits, over all processes, and which reactions there are.

    Each reaction is in the hands of one process at a time: until the given time, in seconds since
    the epoch, nobody else is told of it.
    """

    def waiting(self) -> tuple[WaitingTask, ...]:
        """What waits, oldest first; the end of a very long queue may be left out."""

    def left(self) -> tuple[LeftReaction, ...]:
        """The reactions on messages that wait no more, and that nobody is taking away."""

    def begin(self, message_id: str, *, until: float) -> bool:
        """Note that a reaction is about to be made; False when another process has."""

    def note(self, message_id: str, reaction_id: str) -> None:
        """The reaction was made, and has this id; empty when nobody knows."""

    def take(self, message_id: str, *, until: float) -> bool:
        """Take a reaction in hand to take it away; False when another process has."""

    def hold(self, message_id: str, *, until: float) -> None:
        """Leave a reaction that was taken in hand alone until then."""

    def forget(self, message_id: str) -> None:
        """There is no reaction any more."""


class Reactions(Protocol):
    """The bot's reactions on people's messages. All that call Feishu raise FeishuError."""

    def room_to_add(self) -> int:
        """How many can be made now, without waiting for Feishu's limits."""

    def room_to_remove(self) -> int:
        """How many can be taken away now."""

    def add(self, message_id: str) -> str:
        """React to a message, so that its writer sees that it waits; the reaction's id.

        Once only. After RateLimited there is none; after FeishuUnavailable there may be one.
        """

    def find(self, message_id: str) -> tuple[str, ...]:
        """The ids of the bot's own reactions of this kind on a message."""

    def remove(self, message_id: str, reaction_id: str) -> None:
        """Take a reaction away."""
