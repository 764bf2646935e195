"""A card message that is replaced as a whole: for apps without CardKit."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from typing_extensions import override

from feishu_bot.errors import CardRefused
from feishu_bot.feishu.streaming.streaming_card import StreamingCard

# One patched message takes 5 updates a second and each is a call with the whole card.
PATCH_INTERVAL = 0.5


class PatchedCard(StreamingCard):
    """A message whose card is patched at each frame."""

    interval = PATCH_INTERVAL
    is_created = True
    is_entity = False

    @override
    def open(self, card: Mapping[str, Any]) -> None:
        if not self.message_id:
            self._send(card)

    @override
    def draw(
        self, text: str, card: Callable[[], Mapping[str, Any]], *, since: float, urgent: bool
    ) -> bool:
        return self._caller.try_call(
            "message.patch",
            lambda: self._client.patch_message(self.message_id, card()),
            since=since,
            urgent=urgent,
        )

    @override
    def close(self, text: str, card: Mapping[str, Any]) -> None:
        if not self.message_id:
            self._send(card)
            return
        self._caller.call(
            "message.patch", lambda: self._client.patch_message(self.message_id, card)
        )

    @override
    def overwrite(self, text: str) -> None:
        raise CardRefused("a message is replaced as a whole")

    @override
    def settle(self) -> None:
        """A message has nothing to switch off."""

    @override
    def state(self) -> Mapping[str, Any]:
        return {"message_id": self.message_id, "thread_id": self.thread_id}
