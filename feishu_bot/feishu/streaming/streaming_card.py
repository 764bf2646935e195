"""One card of an answer, whatever Feishu makes of it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from typing import Any

from feishu_bot.feishu.api.client import FeishuClient
from feishu_bot.feishu.streaming.paced_calls import PacedCaller
from feishu_bot.feishu.streaming.reply_sender import ReplySender


class StreamingCard(ABC):
    """A card that grows on the screen. A long answer has several, counted by `part`.

    `interval` is the shortest time between two frames, in seconds. `state` is what an earlier
    process left, empty for a new card; `save` is called whenever there is more of it.
    """

    interval: float

    def __init__(
        self,
        client: FeishuClient,
        caller: PacedCaller,
        replies: ReplySender,
        *,
        part: int,
        state: Mapping[str, Any],
        save: Callable[[], None],
    ) -> None:
        self._client = client
        self._caller = caller
        self._replies = replies
        self._part = part
        self._save = save
        self.message_id: str = state.get("message_id", "")
        self.thread_id: str = state.get("thread_id", "")

    @property
    @abstractmethod
    def is_created(self) -> bool:
        """Whether Feishu has the card, sent or not."""

    @property
    @abstractmethod
    def is_entity(self) -> bool:
        """Whether it is a CardKit entity, and not written into its message."""

    @abstractmethod
    def open(self, card: Mapping[str, Any]) -> None:
        """Send the card, if an earlier process hasn't."""

    @abstractmethod
    def draw(
        self, text: str, card: Callable[[], Mapping[str, Any]], *, since: float, urgent: bool
    ) -> bool:
        """Show the text so far; False when there was no room for a frame.

        Raises CardRefused when this very text won't do.
        """

    @abstractmethod
    def close(self, text: str, card: Mapping[str, Any]) -> None:
        """Show the final card, whatever it takes. Raises CardRefused when nobody would see it."""

    @abstractmethod
    def overwrite(self, text: str) -> None:
        """Replace the text alone, in a card that takes no other final one. Raises FeishuError."""

    @abstractmethod
    def settle(self) -> None:
        """Tidy up after the final card; it may fail."""

    @abstractmethod
    def state(self) -> Mapping[str, Any]:
        """Everything another process needs to continue this card."""

    def _send(self, content: Mapping[str, Any]) -> None:
        reply = self._replies.send("interactive", content, f"card-{self._part}")
        self.message_id, self.thread_id = reply.message_id, reply.thread_id
        self._save()
