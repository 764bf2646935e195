"""Makes the cards of one answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from feishu_bot.feishu.api.client import FeishuClient
from feishu_bot.feishu.streaming.cardkit_card import CardKitCard
from feishu_bot.feishu.streaming.paced_calls import PacedCaller
from feishu_bot.feishu.streaming.patched_card import PatchedCard
from feishu_bot.feishu.streaming.reply_sender import ReplySender
from feishu_bot.feishu.streaming.streaming_card import StreamingCard


@dataclass(slots=True, kw_only=True)
class CardFactory:
    """Makes CardKit entities, or patched messages where the app may not use CardKit.

    `interval` is the shortest time between two frames of an entity, in seconds;
    `on_no_cardkit` is called when the scope for entities turns out to be missing.
    """

    client: FeishuClient
    caller: PacedCaller
    replies: ReplySender
    interval: float
    has_cardkit: bool
    on_no_cardkit: Callable[[], None]

    def make(self, part: int, state: Mapping[str, Any], save: Callable[[], None]) -> StreamingCard:
        """A new card, or the one whose `state` an earlier process left."""
        # A card without an entity was opened by a process that had no CardKit.
        was_patched = bool(state) and "card_id" not in state
        if was_patched or not self.has_cardkit:
            return self.make_patched(part, state, save)
        return CardKitCard(
            self.client,
            self.caller,
            self.replies,
            part=part,
            state=state,
            save=save,
            interval=self.interval,
        )

    def make_patched(
        self, part: int, state: Mapping[str, Any], save: Callable[[], None]
    ) -> StreamingCard:
        """A card that is written into its message."""
        return PatchedCard(
            self.client, self.caller, self.replies, part=part, state=state, save=save
        )

    def give_up_cardkit(self) -> None:
        """Make patched messages from now on."""
        self.has_cardkit = False
        self.on_no_cardkit()
