"""The calls, messages and cards so far, and waiting for more of them."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from feishu_simulator.api import Call, PlatformApi
from feishu_simulator.card_entities import CardEntity
from feishu_simulator.messages import Message
from feishu_simulator.people import Chat
from feishu_simulator.state import PlatformState


class PlatformRecords:
    """Every list is a copy. Thread safe."""

    state: PlatformState
    api: PlatformApi

    @property
    def calls(self) -> list[Call]:
        """Every call, oldest first (the last 20,000)."""
        with self.state.lock:
            return list(self.api.calls)

    @property
    def over_limit(self) -> list[Call]:
        """Calls that exceeded a rate limit, refused or not."""
        with self.state.lock:
            return list(self.api.over_limit)

    @property
    def refused(self) -> list[Call]:
        """Calls answered with a code other than 0, for whatever reason."""
        with self.state.lock:
            return list(self.api.refused)

    @property
    def messages(self) -> list[Message]:
        """Messages of people and of the bot in all chats, oldest first."""
        with self.state.lock:
            return list(self.state.messages.values())

    @property
    def entities(self) -> list[CardEntity]:
        """Card entities, oldest first, sent or not."""
        with self.state.lock:
            return list(self.state.entities.values())

    def answers_to(self, message: Message) -> list[Message]:
        """The bot's replies to this very message, oldest first."""
        with self.state.lock:
            return [
                answer
                for answer in self.state.messages.values()
                if answer.replied_to == message.message_id and answer.is_from_bot
            ]

    def messages_in(self, chat: Chat) -> list[Message]:
        """The messages of a chat and its threads, oldest first."""
        with self.state.lock:
            return [m for m in self.state.messages.values() if m.chat is chat]

    def wait_for(self, predicate: Callable[[], Any], timeout: float = 10, what: str = "") -> Any:
        """The predicate's first true value; it is called on every change and every 50 ms.

        No lock is held while the predicate runs. Raises TimeoutError after *timeout* seconds, with
        the newest messages and calls in its text.
        """
        deadline = time.monotonic() + timeout
        while True:
            with self.state.lock:
                changes = self.state.changes
            value = predicate()
            if value:
                return value
            left = deadline - time.monotonic()
            if left <= 0:
                raise TimeoutError(
                    f"not within {timeout} s: {what or 'the predicate'}{self._tail()}"
                )
            with self.state.condition:
                if self.state.changes == changes:
                    self.state.condition.wait(min(left, 0.05))

    def _tail(self) -> str:
        """The newest messages and calls, a line each."""
        lines = [""]
        for message in self.messages[-5:]:
            who = message.sender.name if message.sender else "bot"
            pushes = [delivery.status or delivery.error for delivery in message.deliveries]
            lines.append(f"  {who}: {message.text[:120]!r} deliveries={pushes}")
        lines += [f"  {c.api} status={c.status} code={c.code}" for c in self.calls[-5:]]
        return "\n".join(lines)
